// What .ci/run counts:
//   count.mjs failed-files RESULTS                   the test files that failed, one a line
//   count.mjs sum RESULTS AGAIN INTEROP BROKEN       all counts; exit code 1 when anything failed
// RESULTS and AGAIN are what `jest --json` writes, for all files and for those that were run again; INTEROP is the output
// of `npm run interop`, BROKEN the number of steps that failed.
import { readFileSync } from 'node:fs';

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

function sum(resultsFile, againFile, interopFile, broken) {
  const results = readResults(resultsFile);
  for (const [name, result] of readResults(againFile)) {
    const { passed } = counted([result]);
    for (const title of failuresOf(results.get(name) ?? result)) {
      print(`failed at first: ${name}: ${title}`);
    }
    if (passed > 0) results.set(name, result);
  }
  const tests = counted([...results.values()]);
  const interop = /^(\d+) passed, (\d+) failed\n$/m.exec(readFileSync(interopFile, 'utf8'));
  const cases =
    interop === null ? { passed: 0, failed: 1 } : { passed: Number(interop[1]), failed: Number(interop[2]) };
  print(`npm test: ${text(tests)}; npm run interop: ${text(cases)}`);
  const all = { passed: tests.passed + cases.passed, failed: tests.failed + cases.failed };
  // A step that failed without a test that failed counts as one.
  if (all.failed === 0) all.failed = Number(broken);
  print(text(all));
  process.exitCode = all.failed === 0 && tests.passed > 0 ? 0 : 1;
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
