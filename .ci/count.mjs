// What .ci/run counts:
//   count.mjs failed-files RESULTS                   the test files that failed, one a line
//   count.mjs sum RESULTS AGAIN BROKEN INTEROP PARTNERS CHAOS      all counts; exit code 1 when anything failed
// RESULTS is what `jest --json` writes for all files, AGAIN a directory with what it writes for each that was run again;
// BROKEN is the number of steps that failed, INTEROP, PARTNERS and CHAOS the output of `npm run interop`, `npm run partners` and
// `npm run chaos`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const print = (line) => process.stdout.write(`${line}\n`);

/** The results of each test file by its path; none when jest wrote nothing. */
function readResults(file) {
  try {
    const { testResults } = JSON.parse(readFileSync(file, 'utf8'));
    return new Map(testResults.map((result) => [result.name, result]));
  } catch {
    return new Map();
  }
}

function titlesOf({ assertionResults }, status) {
  return assertionResults.filter((test) => test.status === status).map(({ fullName }) => fullName);
}

/** A file that could not run has no tests that failed, and counts as one. */
function failuresOf(result) {
  const titles = titlesOf(result, 'failed');
  return titles.length === 0 && result.status === 'failed' ? ['the file did not run'] : titles;
}

function listFailed(results) {
  for (const result of readResults(results).values()) if (failuresOf(result).length > 0) print(result.name);
}

function sum(resultsFile, againDirectory, broken, ...outputs) {
  const results = readResults(resultsFile);
  const again = readdirSync(againDirectory).flatMap((file) => [...readResults(join(againDirectory, file))]);
  for (const [name, result] of again) {
    const { passed } = counted([result]);
    for (const title of failuresOf(results.get(name) ?? result)) {
      print(`failed at first: ${name}: ${title}`);
    }
    if (passed > 0) results.set(name, result);
  }
  const tests = counted([...results.values()]);
  const [interop, partners, chaos] = outputs.map(lastCounts);
  const all = { passed: 0, failed: 0 };
  const counts = {
    'npm test': tests,
    'npm run interop': interop,
    'npm run partners': partners,
    'npm run chaos': chaos,
  };
  print(
    Object.entries(counts)
      .map(([name, each]) => `${name}: ${text(each)}`)
      .join('; '),
  );
  for (const { passed, failed } of Object.values(counts)) {
    all.passed += passed;
    all.failed += failed;
  }
  // A step that failed without a test that failed counts as one.
  if (all.failed === 0) all.failed = Number(broken);
  print(text(all));
  process.exitCode = all.failed === 0 && tests.passed > 0 ? 0 : 1;
}

/** The last line of its output; without one, it counts as one failure. */
function lastCounts(file) {
  const found = /^(\d+) passed, (\d+) failed\n$/m.exec(readFileSync(file, 'utf8'));
  return found === null ? { passed: 0, failed: 1 } : { passed: Number(found[1]), failed: Number(found[2]) };
}

function counted(results) {
  const total = { passed: 0, failed: 0 };
  for (const result of results) {
    total.passed += titlesOf(result, 'passed').length;
    total.failed += failuresOf(result).length;
  }
  return total;
}

function text({ passed, failed }) {
  return `${passed} passed, ${failed} failed`;
}

const [command, ...args] = process.argv.slice(2);
if (command === 'failed-files') listFailed(...args);
else sum(...args);
