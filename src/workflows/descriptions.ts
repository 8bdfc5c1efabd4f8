/** What Temporal's UI says of signals and queries that several workflows have. */
export const DESCRIPTIONS = {
  task: 'The A2A Task as it is now',
  message: 'A further message of the client: a Message of A2A 1.0',
  update: 'What an activity reports: a list of status and artifact updates (docs/contract.md)',
  child: 'What a called task reports: its ID and its updates',
  callback: 'A called remote agent has news of its task: the ID of the call',
} as const;
