export default {
  name: 'FastA2A (Pydantic AI)',
  package: 'fasta2a',
  // A cancel takes it half a minute.
  short: ['card', 'send', 'stream', 'poll', 'memory', 'failure', 'chain'],
  data: 'use:final_result {"amount": 4242}',
  failure: /^The remote agent: its task ended as TASK_STATE_FAILED$/,
  notes: [
    'failure: its failed task says nothing, so the user sees "its task ended as TASK_STATE_FAILED".',
    'poll: it answers SUBMITTED at once whatever it was asked, so the bridge asks for the task until it has ended.',
  ],
  theirs: {
    cancel:
      'it works on one task after another and takes up a cancel when the task has ended. The bridge waits 10 s for an ' +
      'answer, its own task is CANCELED, the work goes on ([finding](../findings/fasta2a-server-cancel.sh)).',
  },
  cannot: {
    'multi-turn': 'its agents cannot ask.',
    file: 'its agents give text and data.',
  },
};
