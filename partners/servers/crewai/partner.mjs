export default {
  name: 'CrewAI',
  package: 'crewai',
  notes: [
    'it has functions for a server of the official SDK, and no server of its own.',
    'stream: nothing is told before the end, not even that there is a task.',
    'failure: whatever fails comes as the JSON-RPC error -32603, as if the server were ill; so the bridge tries again, and ' +
      'the agent begins anew each time. Set `retry: { maximumAttempts: 1 }` where that costs.',
  ],
  theirs: {
    cancel:
      'the ID of its task is not known before the end, so that nobody can cancel it; the task of the bridge is CANCELED, ' +
      'the work goes on.',
  },
  cannot: {
    'multi-turn': 'its A2A server does not ask.',
    memory: 'its A2A server makes a new task of each message.',
    data: 'answers are text, unless the caller sends a schema.',
    file: 'answers are text.',
  },
};
