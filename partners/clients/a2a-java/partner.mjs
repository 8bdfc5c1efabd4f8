export default {
  name: 'A2A SDK for Java',
  package: 'a2a-java-sdk-client',
  speaks: '1.0 JSONRPC, HTTP+JSON',
  notes: [
    'card: it refuses a card with a field that it does not know, and so one for several versions ' +
      '([finding](../findings/a2a-java-card.sh)). Ask for the card with the header `A2A-Version: 1.0`, or give the agent ' +
      "`versions: ['1.0']`.",
    'named: give it the path of the card; without one it takes that of the default agent at the root.',
    'poll, cancel: `setPolling(true)` is `blocking: false` of a draft of 1.0, which the bridge takes; over HTTP+JSON ' +
      'nothing of it is sent, and the send waits. A stream begins a task at once.',
  ],
};
