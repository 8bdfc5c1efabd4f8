// Reads the reports that the kit writes (reports/compatibility.json) and adds up several runs.
import { readFileSync } from 'node:fs';

const LEVELS = ['MUST', 'SHOULD', 'MAY'];
const RESULTS = ['PASS', 'FAIL', 'SKIPPED'];

/** The results of requirements over all runs: a failure stays one, and a skip gives way to a pass. */
export class Results {
  #levels = new Map();
  #results = new Map();

  /** @param path of compatibility.json */
  add(path) {
    const { per_requirement: requirements } = JSON.parse(readFileSync(path, 'utf8'));
    for (const [id, { level, transports }] of Object.entries(requirements)) {
      this.#levels.set(id, level);
      for (const [binding, result] of Object.entries(transports)) this.#note(id, binding, result);
    }
  }

  /** The kit lets pytest pass when a SHOULD or a MAY fails; here they count. */
  get failures() {
    return [...this.#results].flatMap(([binding, results]) =>
      [...results].filter(([, result]) => result === 'FAIL').map(([id]) => `${id} (${binding})`),
    );
  }

  /** A line for each binding and level, and what was not tested at all. */
  toString() {
    const rows = [...this.#results].flatMap(([binding, results]) =>
      LEVELS.map((level) => {
        const own = [...results].filter(([id]) => this.#levels.get(id) === level);
        const counts = RESULTS.map((wanted) => own.filter(([, result]) => result === wanted).length);
        return [binding, level, ...counts.map(String)];
      }),
    );
    const table = [['binding', 'level', 'passed', 'failed', 'skipped'], ...rows];
    const lines = table.map((row) =>
      row
        .map((cell, i) => cell.padEnd(i === 0 ? 12 : 8))
        .join('')
        .trimEnd(),
    );
    const untested = [...this.#levels.keys()].filter((id) =>
      [...this.#results.values()].every((results) => (results.get(id) ?? 'SKIPPED') === 'SKIPPED'),
    );
    lines.push(`not tested: ${untested.join(' ') || 'nothing'}`);
    if (this.failures.length > 0) lines.push(`failed: ${this.failures.join(' ')}`);
    return `Requirements, over all runs\n${lines.join('\n')}\n`;
  }

  #note(id, binding, result) {
    const results = this.#results.get(binding) ?? new Map();
    this.#results.set(binding, results);
    const rank = ['SKIPPED', 'PASS', 'FAIL'];
    if (rank.indexOf(result) > rank.indexOf(results.get(id))) results.set(id, result);
  }
}
