export default {
  name: 'a2a-handler',
  package: 'a2a-handler',
  speaks: '1.0 JSONRPC',
};
