// Which language runs which case: as ../lib/matrix.mjs, for the workers.
import { CASES } from './cases.mjs';

export const LANGUAGES = ['python', 'go', 'java'];

/** Beside HTTP+JSON 1.0, over which every case makes its tasks, and reads them over all. */
export const BINDINGS = [
  { version: '1.0', binding: 'JSONRPC' },
  { version: '1.0', binding: 'GRPC' },
  { version: '0.3', binding: 'JSONRPC' },
  { version: '0.3', binding: 'HTTP+JSON' },
];

/** What is tried over those: each kind of what crosses. */
export const OVER_OTHERS = [
  'result: an object',
  'result: bytes',
  'failure: with details',
  'reports progress and artifacts',
  'reports from an activity',
  'asks, and is answered',
  'null in a question',
  'cancel: while it waits for its client',
  'as a step of a chain, which asks, and is answered',
];

export const clientOf = (language) => `worker-${language}`;

export const languageOf = (client) => client.replace('worker-', '');

/** The case of a name as a language has it. */
export function caseOf(name, language) {
  const { but, ...each } = CASES.find((one) => one.name === name);
  const data = typeof each.data === 'function' ? each.data(language) : each.data;
  return { ...each, data, ...but?.[language] };
}

/** By client: all cases, or those of the short form. */
export function workersMatrix(full) {
  return Object.fromEntries(
    LANGUAGES.map((language) => {
      const cases = CASES.filter(
        (each) => (full || each.full !== true) && (each.only ?? LANGUAGES).includes(language),
      );
      const operations = cases.map(({ name }) => name);
      const over = ({ binding, version }) => ({ binding, version, operations: OVER_OTHERS });
      return [clientOf(language), [{ binding: 'all', version: '1.0', operations }, ...BINDINGS.map(over)]];
    }),
  );
}
