export default {
  name: 'a2akit',
  package: 'a2akit',
  speaks: '0.3 JSONRPC, HTTP+JSON',
  notes: [
    'poll, cancel: `send(blocking=False)` says nothing of it on the wire, and over JSON-RPC a send that does not say ' +
      'waits for the end; a stream begins a task at once ([finding](../findings/a2akit-client-blocking.sh)).',
  ],
};
