// What the programs of partners in Node.js have in common: one line of JSON for each case that was tried.
// The first argument of a program is JSON: {"url": the bridge's, "cases": ["send", ...] or absent}.

const CASE_MS = 60_000;

export const CONFIG = JSON.parse(process.argv[2]);

/** Where an agent is: the default one is at the root too. */
export function base(agent) {
  return agent === undefined ? CONFIG.url : `${CONFIG.url}/a2a/${agent}`;
}

export function check(condition, seen) {
  if (!condition) throw new Error(`saw ${JSON.stringify(seen)?.slice(0, 600)}`);
}

/** @param cases {name: async function} */
export async function run(cases) {
  // What a library writes to standard output is none of the results.
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr);
  for (const [name, attempt] of Object.entries(cases)) {
    if (CONFIG.cases?.includes(name) === false) continue;
    const began = Date.now();
    const [ok, detail] = await Promise.race([attempt(), late()]).then(
      () => [true, null],
      (error) => [false, String(error?.message ?? error).slice(0, 800)],
    );
    write(`${JSON.stringify({ case: name, ok, detail, ms: Date.now() - began })}\n`);
  }
  process.exit();
}

function late() {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`not done after ${CASE_MS / 1_000} s`)), CASE_MS).unref();
  });
}
