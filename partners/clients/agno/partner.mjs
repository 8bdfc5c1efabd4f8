export default {
  name: 'Agno',
  package: 'agno',
  speaks: '0.3 HTTP+JSON, JSONRPC',
  notes: [
    'send: it shows the text of messages and drops the parts of artifacts, so that the answer of an agent is empty ' +
      'unless the agent has `repeatAnswer: true` ([finding](../findings/agno-client-artifacts.sh)).',
    'over HTTP+JSON it sends and reads JSON-RPC, which the bridge answers.',
    'stream: it logs a warning for each event, since it takes the line `id:` for JSON ' +
      '([finding](../findings/agno-client-stream.sh)). Nothing is lost.',
  ],
  cannot: {
    poll: 'it has no call for that.',
    'multi-turn': 'its messages name no task: the question is shown, and cannot be answered.',
    cancel: 'it has no call for that.',
    artifacts: 'it drops their parts.',
  },
};
