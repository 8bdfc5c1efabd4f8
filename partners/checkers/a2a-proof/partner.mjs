export default { name: 'a2a-proof', package: 'a2a-proof', cannot: { security: 'it checks none.' } };
