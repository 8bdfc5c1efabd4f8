export default {
  name: 'Gemini CLI',
  package: '@google/gemini-cli-a2a-server',
  ends: 'TASK_STATE_INPUT_REQUIRED',
  asks: {
    message: 'say:Which city?',
    question: /Which city\?/,
    answer: 'recall:',
    result: /You began with: Which city\?/,
  },
  notes: [
    'send, stream: each turn ends with INPUT_REQUIRED and no message; the bridge makes what it has said before the ' +
      'question. Its task goes on with the next message, until it is cancelled.',
  ],
  theirs: {
    poll:
      'it stops its work when the connection of a send with `blocking: false` is closed; the user then sees the question ' +
      '"Execution aborted by client." Use `waiting: stream`, the default ' +
      '([finding](../findings/gemini-cli-server-blocking.sh)).',
    failure: 'an error of the model ends as INPUT_REQUIRED too; the user sees its text as a question.',
    chain:
      'a step of it never completes: the task of the chain asks, with the answer as question. `callAgent()` with ' +
      '`onInput` can end it.',
  },
  cannot: {
    memory: 'it remembers within a task (multi-turn), not across tasks of a context.',
    data: 'answers are text.',
    file: 'answers are text.',
  },
};
