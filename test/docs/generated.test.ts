import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { settingsOf } from '../../src/cli/options';
import { createProgram } from '../../src/cli/program';
import { SETTINGS, TEMPORAL_SETTINGS, TRACE_SETTINGS } from '../../src/config/settings';

const { settingsPage } = jest.requireActual('../../scripts/docs/settings-page.mjs') as {
  settingsPage: (code: object) => string;
};

const { agentsPage } = jest.requireActual('../../scripts/docs/agents-page.mjs') as {
  agentsPage: (schema: object) => string;
};

const settings = settingsPage({
  settings: SETTINGS,
  temporal: TEMPORAL_SETTINGS,
  traces: TRACE_SETTINGS,
  program: createProgram(),
  settingsOf,
});

const agents = agentsPage(JSON.parse(readFileSync(join(__dirname, '../../agents.schema.json'), 'utf8')));

it.each([
  ['docs/settings.md', settings],
  ['docs/agents-yaml.md', agents],
])('%s is as the code has it', (page, made) => {
  const written = readFileSync(join(__dirname, '../..', page), 'utf8').split('\n');
  const wrong = made.split('\n').findIndex((line, at) => line !== written[at]);
  if (wrong === -1 && made.split('\n').length === written.length) return;
  throw new Error(
    `${page} is not what \`npm run docs\` makes: run it. Line ${wrong + 1} is ${written[wrong]}`,
  );
});

it('docs/settings.md has every setting', () => {
  const all = [...Object.values(SETTINGS), ...TEMPORAL_SETTINGS, ...TRACE_SETTINGS];
  expect(all.filter(({ env }) => !settings.includes(`| \`${env}\` |`))).toEqual([]);
});

it('docs/api is as the declarations of src/ have it, and each exported name has a doc comment', async () => {
  const script = join(__dirname, '../../scripts/docs.mjs');
  await promisify(execFile)(process.execPath, [script, '--check-api']);
}, 180_000);

it('docs/agents-yaml.md says something of every key', () => {
  expect(agents.split('\n').filter((line) => line.startsWith('| `') && line.endsWith('|  |'))).toEqual([]);
});
