/** An answer is the response of the function that asks; see handle_user_input of google.adk.a2a. */
function answer(message) {
  const call = message.parts.find(({ data }) => data?.name === 'ask_user').data;
  return [
    {
      data: { id: call.id, name: call.name, response: { answer: 'Paris' } },
      metadata: { adk_type: 'function_response' },
    },
  ];
}

export default {
  name: 'Google ADK',
  package: 'google-adk',
  asks: {
    message: 'use:ask_user {"question": "Which city?"}',
    question: /Which city\?/,
    answer,
    result: /Paris/,
  },
  notes: [
    'multi-turn: the question is a data part with a function call, and the answer must be one with its response ' +
      '(`metadata.adk_type: function_response`).',
  ],
  cannot: {
    data: 'calls of its tools and what they gave are data parts of working statuses, which the bridge shows; answers are text.',
  },
};
