export default {
  name: 'Agent Security Harness',
  package: 'agent-security-harness',
  notes: ['security: 9 of 13 of its tests can tell, of an agent without a model; none fails.'],
  cannot: {
    card: 'it checks security.',
    tasks: 'it checks security.',
  },
};
