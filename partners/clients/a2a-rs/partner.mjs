export default {
  name: 'A2A SDK for Rust',
  package: 'a2a-client-lf',
  speaks: '1.0 JSONRPC, HTTP+JSON',
};
