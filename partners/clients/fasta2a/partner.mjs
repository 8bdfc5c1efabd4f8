export default {
  name: 'FastA2A (Pydantic AI)',
  package: 'fasta2a',
  speaks: '0.3 JSONRPC',
  short: true,
  notes: [
    'it writes the methods and states of 0.3 in the shapes of 1.0: parts have no `kind`, and it reads an answer only ' +
      'under its name. The bridge answers in both ways ([finding](../findings/fasta2a-client-card.sh)).',
  ],
  cannot: { cancel: 'it has no call for that.' },
};
