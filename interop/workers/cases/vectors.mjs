// The test vectors of the contract, written by workers: each says what the vector has happened, in types of its language.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../../contract/vectors/', import.meta.url));

/** Not written by a worker at all, or not by this one; why is told in docs/compatibility.md. */
const NOT_WRITTEN = ['failure-encoded', 'failure-unreadable', 'plain', 'start-unreadable'];
const ONLY = { 'result-nan': ['python', 'java'], failure: ['go', 'java'] };

/** What no type holds is written as JSON, or as a payload, that the worker is given. */
const RAW = ['malformed', 'proto-json', 'result-protobuf', 'result-unreadable'];

export const VECTORS = readdirSync(FOLDER)
  .map((file) => file.replace('.json', ''))
  .filter((name) => !name.includes('.') && !NOT_WRITTEN.includes(name))
  .map((name) => ({
    name: `vector: ${name}`,
    agent: name === 'timed-out' ? 'brief-vector' : 'vector',
    vector: JSON.parse(readFileSync(`${FOLDER}${name}.json`, 'utf8')),
    raw: RAW.includes(name),
    ...(ONLY[name] && { only: ONLY[name] }),
  }));
