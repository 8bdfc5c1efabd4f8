export default {
  name: 'a2aops',
  package: 'a2aops',
  notes: [
    'tasks: `a2aops stream` does not see that a stream of 1.0 has told the end, and connects again ' +
      '([finding](../findings/a2aops-stream-end.sh)).',
    '`a2aops compat` says that the card mixes the fields of 1.0 with those of 0.3, which it does, for clients of both; ' +
      'set `versions` of the agent to have one.',
  ],
  cannot: { security: 'its look at authentication belongs to the card.' },
};
