export default {
  name: 'Mastra',
  package: '@mastra/client-js',
  speaks: '0.3 and 1.0 JSONRPC',
  notes: [
    'card: it asks for `/.well-known/{agentId}/agent-card.json`, where the bridge serves cards too. ' +
      "Give it `apiPrefix: ''`.",
  ],
};
