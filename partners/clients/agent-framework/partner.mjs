export default {
  name: 'Microsoft Agent Framework',
  package: 'agent-framework-a2a',
  speaks: '1.0 JSONRPC',
  cannot: { cancel: 'it has no call for that.' },
};
