// What .ci/run counts:
//   count.mjs failed-files RESULTS                   the test files that failed, one a line
//   count.mjs failed-cases INTEROP                   the cases of `npm run interop` that failed, one a line
//   count.mjs sum RESULTS AGAIN BROKEN INTEROP INTEROP_AGAIN PARTNERS CHAOS
//                                                    what failed and all counts; exit code 1 when anything failed
// RESULTS is what `jest --json` writes for all files, AGAIN a directory with what it writes for each that was run again;
// BROKEN is the number of steps that failed; INTEROP, PARTNERS and CHAOS are the output of `npm run interop`, of
// `npm run partners` and of `npm run chaos`, INTEROP_AGAIN that of the cases that were run again.
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

/** The lines of what has this mark: "FAILED  go 1.0 GRPC send (151 ms): why". */
function marked(file, mark) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${mark} `));
}

/** The names of the cases in those lines; a case that never ran has no time, and is not among them. */
function casesOf(file, mark) {
  return marked(file, mark).flatMap((line) => /^\S+ +(.*?) \(\d+ ms\)/.exec(line)?.[1] ?? []);
}

function listFailedCases(file) {
  for (const name of casesOf(file, 'FAILED')) print(name);
}

function sum(resultsFile, againDirectory, broken, ...outputs) {
  const [interopFile, interopAgain, partnersFile, chaosFile] = outputs;
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
  const [interop, partners, chaos] = [interopFile, partnersFile, chaosFile].map(lastCounts);
  const passedAgain = casesOf(interopAgain, 'ok');
  const mended = casesOf(interopFile, 'FAILED').filter((name) => passedAgain.includes(name));
  interop.passed += mended.length;
  interop.failed -= mended.length;
  for (const name of mended) print(`failed at first: npm run interop: ${name}`);
  for (const line of outputs.flatMap((file) => marked(file, 'FAILED'))) print(line);
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
else if (command === 'failed-cases') listFailedCases(...args);
else sum(...args);
