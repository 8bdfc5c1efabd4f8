// Which language runs which case: as ../lib/matrix.mjs, for the workers.
import { CASES } from './cases.mjs';

export const LANGUAGES = ['python', 'go', 'java'];

export const clientOf = (language) => `worker-${language}`;

export const languageOf = (client) => client.replace('worker-', '');

/** The case of a name as a language has it. */
export function caseOf(name, language) {
  const { but, ...each } = CASES.find((one) => one.name === name);
  return { ...each, ...but?.[language] };
}

/** By client: all cases, or those of the short form. */
export function workersMatrix(full) {
  return Object.fromEntries(
    LANGUAGES.map((language) => {
      const cases = CASES.filter(
        (each) => (full || each.full !== true) && (each.only ?? LANGUAGES).includes(language),
      );
      const operations = cases.map(({ name }) => name);
      return [clientOf(language), [{ binding: 'all', version: '1.0', operations }]];
    }),
  );
}
