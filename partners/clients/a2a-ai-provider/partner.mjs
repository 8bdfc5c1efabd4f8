export default {
  name: 'Vercel AI SDK',
  package: 'a2a-ai-provider',
  speaks: '0.3 JSONRPC',
  short: true,
  theirs: {
    question:
      '`generateText` shows it, `streamText` drops the messages of statuses ' +
      '([finding](../findings/a2a-ai-provider-stream-status.sh)).',
    failure: '`generateText` shows its text, `streamText` only the finish reason `error`.',
  },
  notes: ['card: it takes the URL of the server, of the agent, or of the card.'],
  cannot: {
    poll: 'it has no call for that.',
    'multi-turn': 'its messages name no task.',
    cancel: 'it has no call for that.',
  },
};
