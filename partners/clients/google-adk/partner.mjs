export default {
  name: 'Google ADK',
  package: 'google-adk',
  speaks: '1.0 JSONRPC',
  short: true,
  notes: [
    'question: `RemoteA2aAgent` makes a function call of it, `mock_function_call_for_required_user_input`; the next ' +
      'message of the session is the answer.',
  ],
  cannot: {
    poll: 'it streams.',
    cancel: 'it has no call for that.',
  },
};
