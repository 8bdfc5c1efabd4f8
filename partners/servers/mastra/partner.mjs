export default {
  name: 'Mastra',
  package: '@mastra/core',
  path: '/api/.well-known/partner/agent-card.json',
  ready: '/api/.well-known/partner/agent-card.json',
  notes: [
    'the server adapter needs a `taskStore`, which its examples leave out: without one it serves the card, and every call ' +
      'fails ([finding](../findings/mastra-server-task-store.sh)).',
    'cancel: it stops when its stream is closed, which the bridge does first.',
  ],
  cannot: {
    'multi-turn': 'this agent has no tool that suspends.',
    data: 'its agents give text.',
    file: 'its agents give text.',
  },
};
