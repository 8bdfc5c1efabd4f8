// Workers with a codec: a bridge that does not have it, and one that has.
import { AGENT, CANCEL, NULL, RUNS } from './agents.mjs';
import { OPERATORS } from './operators.mjs';
import { FAILURES, RESULTS } from './outcomes.mjs';
import { failure, names, result, script } from './shapes.mjs';

const CODED = { before: ({ startWorker }) => startWorker({ suffix: '-coded', codec: true }) };

const WITHOUT = [
  result('in a codec that the bridge does not have', 'object', undefined, {
    ...CODED,
    agent: 'coded',
    expected: { says: names('binary/shifted') },
  }),
  failure('in a codec that the bridge does not have', { raise: 'application' }, names('binary/shifted'), {
    ...CODED,
    agent: 'coded',
  }),
  script('reports in a codec that the bridge does not have', [{ say: 'one' }, { artifact: 'first' }], {
    ...CODED,
    agent: 'coded-script',
    expected: { says: names('binary/shifted'), artifacts: {} },
  }),
];

/** Of the other cases, those in which something else is read or written. */
const AGAIN = [
  'result: an object',
  'result: bytes',
  'result: nothing',
  'result: NaN and Infinity',
  'failure: with details',
  'failure: with a cause',
  'failure: of an activity',
  'failure: rejected',
  'reports progress and artifacts',
  'reports from an activity',
  'asks, and is answered',
  'continues as new',
  'null in updates',
  'cancel: while it waits for its client',
  'cancel: of a plain workflow',
  'reset: while it waits for its client',
  'continues as new, a plain workflow',
];

const ALL = [...RESULTS, ...FAILURES, ...AGENT, ...NULL, ...CANCEL, ...OPERATORS, ...RUNS];

const WITH = AGAIN.map((name) => {
  const each = ALL.find((one) => one.name === name);
  const agent = each.agent === 'script' ? 'coded-script' : 'coded';
  return { ...each, ...CODED, agent, bridge: 'coded', sealed: true, name: `codec: ${name}` };
});

export const CODECS = [...WITHOUT, ...WITH];
