// Runs partners whose programs try their cases by themselves: one line of JSON for each (cases.py, cases.mjs).
import { run } from '../../interop/lib/commands.mjs';
import { tryCase } from './known.mjs';

/** All cases of a program. */
const PROGRAM_MS = 10 * 60_000;

/**
 * Runs cases and reports them.
 * @param toldOf (result, name) => what the page tells of a case that has passed
 * @param also cases that run for the results of others: `{question: 'multi-turn'}`
 */
export async function runOwnCases(
  partner,
  names,
  context,
  { toldOf = ({ detail }) => detail, also = {} } = {},
) {
  const { bridgeUrl, signal, verbose } = context;
  const { command, args, env, cwd } = partner.program;
  const results = new Map();
  const wanted = names.filter((name) => partner.cannot?.[name] === undefined);
  const more = wanted.flatMap((name) => also[name] ?? []);
  const config = JSON.stringify({ url: bridgeUrl, cases: [...new Set([...wanted, ...more])] });
  const { stderr } = await run(command, [...args, config], {
    timeoutMs: PROGRAM_MS,
    signal,
    cwd,
    env: { ...process.env, ...env, PARTNER_CASES: new URL('cases.mjs', import.meta.url).href },
    onLine: (line) => {
      const result = line.startsWith('{') ? JSON.parse(line) : undefined;
      if (result !== undefined) results.set(result.case, result);
    },
  });
  if (verbose) process.stdout.write(`${stderr}\n`);
  for (const name of names) {
    const result = results.get(name) ?? results.get(also[name]);
    await tryCase(partner, name, context, async () => {
      if (result === undefined) throw new Error(`no result: ${stderr.slice(-1_000)}`);
      if (!result.ok) throw new Error(result.detail);
      return toldOf(result, name);
    });
  }
}
