export default {
  name: 'Agno',
  package: 'agno',
  path: '/a2a/agents/partner',
  ready: '/a2a/agents/partner/.well-known/agent-card.json',
  notes: [
    'send, stream, chain: Messages in the stream and a Task behind its end; the bridge makes them the artifact `answer`.',
  ],
  theirs: {
    poll:
      'the URL of its card takes `message/stream` alone and answers 400 to every other method; so the call fails. ' +
      'Use `waiting: stream`, the default ([finding](../findings/agno-server-methods.sh)).',
    failure:
      'when the model fails, its task is COMPLETED and empty; so is that of the bridge ' +
      '([finding](../findings/agno-server-failure.sh)).',
    cancel:
      'as with poll, it takes no cancel there. The task of the bridge is CANCELED; the bridge closes the stream.',
  },
  cannot: {
    'multi-turn': 'its A2A interface does not ask.',
    data: 'its agents give text.',
    file: 'its chat client gives text.',
  },
};
