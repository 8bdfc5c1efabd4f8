export default {
  name: 'A2Apex',
  package: 'a2apex',
  theirs: {
    card:
      'it takes `*/*`, with which the card of an agent without `defaultInputModes` says that it takes everything, for ' +
      'no media type.',
  },
  cannot: { security: 'it checks none.' },
};
