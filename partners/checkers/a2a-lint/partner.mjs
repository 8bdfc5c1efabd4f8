export default {
  name: 'a2a-lint',
  package: 'a2a-lint',
  short: true,
  cannot: { security: 'it checks none.' },
};
