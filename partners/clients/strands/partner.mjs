export default {
  name: 'Strands Agents',
  package: 'strands-agents',
  speaks: '0.3 JSONRPC',
  cannot: {
    poll: 'it streams.',
    'multi-turn': 'its messages name no task: the question is shown, and cannot be answered.',
    context: 'its messages name no context: each is a conversation of its own.',
    cancel: 'it has no call for that.',
    artifacts: 'it sends and reads text alone.',
  },
};
