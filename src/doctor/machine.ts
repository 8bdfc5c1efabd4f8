import { error, type Finding, ok } from './finding';

/** Of package.json. */
const LEAST_NODE = [20, 19] as const;

/** @param version as in `v20.19.0` */
export function checkNode(version = process.version): Finding {
  const [major = 0, minor = 0] = version.replace('v', '').split('.').map(Number);
  const [leastMajor, leastMinor] = LEAST_NODE;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return ok('Node.js', version);
  const text = `${version} is too old`;
  return error('Node.js', text, `install Node.js ${LEAST_NODE.join('.')} or later: https://nodejs.org`);
}
