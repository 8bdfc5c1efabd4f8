export default {
  name: 'VoltAgent',
  package: '@voltagent/a2a-server',
  path: '/.well-known/partner/agent-card.json',
  ready: '/.well-known/partner/agent-card.json',
  notes: [
    'stream: a record separator (U+001E) before the JSON of each event, and results without `kind`; the answer stands in ' +
      'the history. The bridge reads all that ' +
      '([finding](../findings/voltagent-server-events.sh)).',
  ],
  cannot: {
    memory: 'it keeps memory by user and context, and its A2A server knows no user.',
    'multi-turn': 'its A2A server does not ask.',
    data: 'its agents give text.',
    file: 'its agents give text.',
  },
};
