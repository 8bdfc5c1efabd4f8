export default {
  name: 'a2akit',
  package: 'a2akit',
  asks: { message: 'ask:', question: /Which city\?/, answer: 'say:Paris', result: /Paris/ },
  data: 'data:',
};
