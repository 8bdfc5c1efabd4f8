/** An answer must name what it is for; a text is refused. */
function answer(message) {
  const { interruptId } = message.parts.find(({ data }) => data !== undefined).data.interrupts[0];
  return [{ data: { interruptResponse: { interruptId, response: 'Paris' } } }];
}

export default {
  name: 'Strands Agents',
  package: 'strands-agents',
  asks: {
    message: 'use:ask_user {"question": "Which city?"}',
    question: /Which city\?/,
    answer,
    result: /Paris/,
  },
  failure: /^Agent execution failed$/,
  notes: [
    'failure: it says "Agent execution failed" whatever has happened, and keeps the reason in its log.',
    'multi-turn: the answer must be a data part `{"interruptResponse": {"interruptId", "response"}}` with the ID that ' +
      'its question has in a data part. A text is refused.',
    'stream: says the text as statuses, and once more as an artifact; the bridge shows both, and the artifact is the answer.',
  ],
  cannot: {
    data: 'its agents give text.',
    file: 'its agents give text.',
  },
};
