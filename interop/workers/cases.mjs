// Every case of the workers: a plain workflow or an agent, what its task is to come to, and what is done to it on the
// way. operations.mjs tries each with every operation.
import { AGENT, CANCEL, NULL, RUNS } from './cases/agents.mjs';
import { OPERATORS, STUCK, VERSIONS } from './cases/operators.mjs';
import { CODECS, FAILURES, RESULTS } from './cases/outcomes.mjs';

/**
 * What is known not to hold yet, with the reason: such a case fails without counting. `case` or `case language`.
 * @type {Record<string, string>}
 */
export const PENDING = {
  ...Object.fromEntries(
    [
      'result: a Task full of nulls',
      'null in the Task that is returned',
      'stuck: a wrong argument',
      'stuck: a field that nobody knows',
      'stuck: an error that is not for clients',
      'stuck: a panic',
      'stuck: a workflow type that is not registered',
      'stuck: nobody polls the task queue',
      'stuck: a result of more than 2 MB python',
      'stuck: a result of more than 2 MB go',
    ].map((name) => [name, 'lists do not agree with GetTask yet']),
  ),
};

const EXAMPLES = [{ name: 'example: as its README says', readme: true }];

export const CASES = [
  ...RESULTS,
  ...FAILURES,
  ...AGENT,
  ...NULL,
  ...STUCK,
  ...CANCEL,
  ...OPERATORS,
  ...RUNS,
  ...CODECS,
  ...VERSIONS,
  ...EXAMPLES,
];
