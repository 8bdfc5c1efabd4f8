export default { name: 'a2a-lint', package: 'a2a-lint', cannot: { security: 'it checks none.' } };
