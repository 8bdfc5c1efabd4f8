// Every case of the workers: a plain workflow or an agent, what its task is to come to, and what is done to it on the
// way. operations.mjs tries each with every operation.
import { AGENT, CANCEL, NULL, RUNS } from './cases/agents.mjs';
import { CALLS, STEPS } from './cases/calls.mjs';
import { CODECS } from './cases/codecs.mjs';
import { OPERATORS, STUCK, VERSIONS } from './cases/operators.mjs';
import { FAILURES, RESULTS } from './cases/outcomes.mjs';
import { VECTORS } from './cases/vectors.mjs';

/**
 * What is known not to hold yet, with the reason: such a case is run, and fails when it passes, since it has to be taken
 * off here and be a "yes" in docs/compatibility.md. `case` or `case language`.
 * @type {Record<string, string>}
 */
export const PENDING = {};

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
  ...CALLS,
  ...STEPS,
  ...VERSIONS,
  ...VECTORS,
  ...EXAMPLES,
];
