export default {
  name: 'Microsoft Agent Framework',
  package: 'agent-framework-a2a',
  notes: [
    'send, chain: the answer is a message of the working task, not an artifact; the bridge makes it the artifact `answer`.',
  ],
  cannot: {
    'multi-turn': 'its A2A executor does not ask.',
    memory:
      'its A2A executor makes a new session for each message; what was said before is for a history provider to keep.',
    data: 'its agents give text.',
    file: 'its chat client gives text.',
  },
};
