export default {
  name: 'CrewAI',
  package: 'crewai',
  speaks: '0.3 JSONRPC, HTTP+JSON',
  notes: ['stream: its result has the text of the status messages too.'],
  cannot: {
    cancel: 'it has no call for that.',
    artifacts: 'it reads their text alone.',
  },
};
