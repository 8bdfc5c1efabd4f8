// The options of a program: what is wrong with them is told in one line, with exit code 2.
import { parseArgs } from 'node:util';

/** @param options as those of `parseArgs`; there are no arguments besides */
export function parseOptions(options) {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    if (!error.code?.startsWith('ERR_PARSE_ARGS')) throw error;
    const [what] = error.message.split('\n');
    const all = Object.keys(options).map((name) => `--${name}`);
    return wrongOptions(`${what.replace(/\.$/, '')}; the options are ${all.join(', ')}`);
  }
}

/** The value of `--name` as a whole number; undefined when it is not set. */
export function wholeNumber(values, name, least) {
  const value = values[name];
  if (value === undefined) return undefined;
  if (/^\d{1,10}$/.test(value) && Number(value) >= least) return Number(value);
  return wrongOptions(`--${name} must be a whole number from ${least}, not "${value}"; see --help`);
}

/** Ends this process. */
export function wrongOptions(line) {
  process.stderr.write(`${line}\n`);
  process.exit(2);
}
