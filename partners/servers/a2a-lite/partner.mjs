export default {
  name: 'a2a-lite',
  package: 'a2a-lite',
  cannot: {
    'multi-turn': 'its skills cannot ask.',
    memory: 'its skills see one message at a time.',
    data: 'a streaming skill gives text.',
    file: 'a streaming skill gives text.',
  },
};
