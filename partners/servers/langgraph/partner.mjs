/** The ID that the server derives from the name of the graph. */
const CARD = '/.well-known/agent-card.json?assistant_id=e7a20b92-b0d1-5b59-abf2-4299210b8ba4';

export default {
  name: 'LangGraph server',
  package: 'langgraph-api',
  path: CARD,
  ready: CARD,
  asks: { message: 'ask:', question: /Which city\?/, answer: 'Paris', result: /Paris/ },
  notes: [
    'card: `url` must be that of the card with its `assistant_id`, a UUID.',
    'stream: the first event is of 1.0, the others are bare with `kind`; the bridge reads both ' +
      '([finding](../findings/langgraph-server-events.sh)).',
    'multi-turn: the question is an artifact "Interrupt"; the bridge makes it the status message.',
  ],
  cannot: {
    data: 'answers are the text of the last message.',
    file: 'answers are the text of the last message.',
  },
};
