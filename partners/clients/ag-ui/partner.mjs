export default {
  name: 'AG-UI',
  package: '@ag-ui/a2a',
  speaks: '0.2 JSONRPC',
  notes: [
    'send: it shows the messages of statuses and no artifacts, so that nothing of the answer is shown unless the ' +
      'agent has `repeatAnswer: true`.',
  ],
  cannot: {
    poll: 'it streams.',
    'multi-turn': 'its messages name no task: the question is shown, and cannot be answered.',
    cancel: 'it has no call for that.',
    artifacts: 'it shows none.',
  },
};
