import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditRecord } from '../../src/audit/audit';
import { AuditFile } from '../../src/audit/audit-file';
import { createMetrics } from '../../src/metrics/metrics';
import { samplesIn } from '../metrics/samples';

let directory = '';
let path = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'audit-'));
  path = join(directory, 'audit.log');
});
afterEach(() => rmSync(directory, { recursive: true }));

const record = (operation: string): AuditRecord => ({
  time: '2026-01-01T00:00:00.000Z',
  operation,
  binding: 'JSONRPC',
  outcome: 'OK',
});

const operationsIn = (file: string) =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as AuditRecord).operation);

async function opened(more: { lookMs?: number; toldMs?: number } = {}) {
  const told: string[] = [];
  const metrics = await createMetrics();
  const file = new AuditFile(path, {
    logger: { error: (_: unknown, text?: string) => told.push(String(text)) },
    metrics,
    lookMs: 0,
    ...more,
  });
  await file.open();
  const lost = async () =>
    samplesIn(await metrics.text()).find(({ name }) => name === 'a2a_audit_lines_lost_total')?.value;
  return { file, told, lost };
}

it('appends lines in order, to a file that its owner alone can read', async () => {
  const { file } = await opened();
  const names = Array.from({ length: 500 }, (_, index) => `Operation${index}`);
  for (const name of names) file.write(record(name));
  await file.close();
  expect(operationsIn(path)).toEqual(names);
  expect(statSync(path).mode & 0o777).toBe(0o600);

  const again = await opened();
  again.file.write(record('Later'));
  await again.file.close();
  expect(operationsIn(path)).toEqual([...names, 'Later']);
});

it('goes on in a new file when the old one is moved away', async () => {
  const { file, lost } = await opened();
  file.write(record('Before'));
  await file.flush();
  renameSync(path, `${path}.1`);
  file.write(record('After'));
  await file.close();
  expect(operationsIn(`${path}.1`)).toEqual(['Before']);
  expect(operationsIn(path)).toEqual(['After']);
  expect(await lost()).toBe(0);
});

it('counts lines that cannot be written, says so once, and goes on when they can', async () => {
  const { file, told, lost } = await opened();
  rmSync(path);
  mkdirSync(path);
  file.write(record('Lost'));
  file.write(record('Lost'));
  await file.flush();
  expect(await lost()).toBe(2);
  expect(told).toEqual([`audit lines are lost: ${path} cannot be written`]);
  rmdirSync(path);
  file.write(record('Written'));
  await file.close();
  expect(operationsIn(path)).toEqual(['Written']);
  expect(readdirSync(directory)).toEqual(['audit.log']);
});

it('loses what waits for the disk beyond 10,000 lines', async () => {
  const { file, lost } = await opened();
  // Of the first, the write has begun.
  for (let count = 0; count < 10_002; count += 1) file.write(record('Many'));
  await file.close();
  expect(await lost()).toBe(1);
  expect(operationsIn(path)).toHaveLength(10_001);
});
