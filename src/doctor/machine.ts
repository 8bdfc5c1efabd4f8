import { error, type Finding, ok, warning } from './finding';

/** Of package.json. */
const LEAST_NODE = [20, 19] as const;

/** Stops workflow code that runs for too long without harm to the rest of the worker (docs/operations.md). */
const SAFE_NODE = 24;

/** @param version as in `v20.19.0` */
export function checkNode(version = process.version): Finding {
  const [major = 0, minor = 0] = version.replace('v', '').split('.').map(Number);
  const [leastMajor, leastMinor] = LEAST_NODE;
  if (major >= SAFE_NODE) return ok('Node.js', version);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) {
    const text = `${version} may end a worker whose workflow code runs for five seconds after an await`;
    const remedy = `run workers on Node.js ${SAFE_NODE} or later (docs/operations.md, "Workflow code that runs for five seconds")`;
    return warning('Node.js', text, remedy);
  }
  const text = `${version} is too old`;
  return error('Node.js', text, `install Node.js ${LEAST_NODE.join('.')} or later: https://nodejs.org`);
}
