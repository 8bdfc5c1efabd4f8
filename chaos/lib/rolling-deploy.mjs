// Workers of a version are replaced, one by one, by those of the next one, whose workflow code gives other commands, while
// clients have tasks of theirs. Tasks are pinned: each ends on the version that has begun it.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from './client.mjs';
import { KINDS, startLoad, watch } from './load.mjs';
import { statusTexts } from './message.mjs';

const require = createRequire(import.meta.url);
const temporalClient = require('@temporalio/client');

const TASK_QUEUE = 'releases';
const VERSIONS = [1, 2, 3];
const STEPS = 6;

/** With which tasks of a version begin, before and behind each rollout. */
const UNDER_LOAD_MS = 8_000;
const PATIENCE_MS = 60_000;

export const RELEASE = { type: 'release', taskQueue: TASK_QUEUE };

/** Version n counts otherwise than n - 1: with an activity more at the beginning of each step. */
function workflowCode(version) {
  const dist = fileURLToPath(new URL('../../dist/workflow.js', import.meta.url));
  return `
import { proxyActivities, sleep } from '@temporalio/workflow';
import { a2aTask } from ${JSON.stringify(dist)};

const { count } = proxyActivities({ startToCloseTimeout: '1 minute', heartbeatTimeout: '10 seconds' });

export async function release(start) {
  const task = a2aTask(start);
  for (let step = 1; step <= ${STEPS}; step++) {
    for (let more = 1; more < ${version}; more++) await count(0, 2);
    task.working('step ' + step + ' of version ${version}');
    await sleep(400);
  }
  return task.complete();
}
`;
}

/** @returns the records of all tasks, and the result of a check of its own */
export async function rollingDeploy({ cluster, directory, signal }) {
  const connection = await temporalClient.Connection.connect({ address: cluster.temporal.address });
  try {
    const client = new Client(cluster.nodes, signal);
    const { echo, ticker } = KINDS;
    const workers = [];
    // Where the code of the versions finds Temporal's SDK.
    symlinkSync(
      fileURLToPath(new URL('../../node_modules', import.meta.url)),
      join(directory, 'node_modules'),
    );
    const startWorker = async (version, letter) => {
      const folder = join(directory, `version-${version}`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'workflows.mjs'), workflowCode(version));
      const name = `release-${version}${letter}`;
      await cluster.begin(name, [join(folder, 'workflows.mjs'), TASK_QUEUE, `${version}.0`]);
      workers.push(name);
    };
    const stopWorker = () => cluster.processes[workers.shift()].stop();

    let load;
    for (const version of VERSIONS) {
      await startWorker(version, 'a');
      if (version > 1) await stopWorker();
      await makeCurrent(connection, `${version}.0`);
      const before = (load?.records ?? []).filter(isOpen);
      await startWorker(version, 'b');
      load ??= startLoad({
        ...{ client, receiver: cluster.receiver },
        kinds: { echo, ticker, release: { lanes: 3, pauseMs: 100, run: watchRelease } },
      });
      // The last worker of a version runs until what it has begun has ended.
      const deadline = Date.now() + PATIENCE_MS;
      while (before.some(isOpen) && Date.now() < deadline) await sleep(100);
      if (version > 1) await stopWorker();
      await sleep(UNDER_LOAD_MS);
    }
    await load.stop();
    return { load, client, results: [await checkVersions(connection, load.records)] };
  } finally {
    await connection.close();
  }
}

const isOpen = ({ kind, ended, problems }) => kind === 'release' && !ended && problems.length === 0;

async function watchRelease({ client, record }) {
  await watch({ client, record, agent: 'release', text: 'Go' });
  const texts = statusTexts(record.events).filter((text) => text.startsWith('step'));
  record.version = texts[0]?.split(' ').at(-1);
  const steps = Array.from({ length: STEPS }, (_, index) => `step ${index + 1} of version ${record.version}`);
  record.expect('steps', texts, steps);
}

/** New tasks go to this version; possible once its workers have polled. */
async function makeCurrent({ workflowService }, buildId) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await workflowService.setWorkerDeploymentCurrentVersion({
        namespace: 'default',
        deploymentName: 'chaos',
        buildId,
      });
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
}

/** Each task was run by workers of one version, and every version has run some. */
async function checkVersions(connection, records) {
  const client = new temporalClient.Client({ connection });
  const tasks = records.filter(({ kind }) => kind === 'release');
  const faults = [];
  const counts = new Map(VERSIONS.map((version) => [String(version), 0]));
  for (const { name, taskId, version } of tasks) {
    const { events } = await client.workflow.getHandle(taskId).fetchHistory();
    const builds = new Set(
      events.flatMap(
        ({ workflowTaskCompletedEventAttributes: done }) => done?.deploymentVersion?.buildId ?? [],
      ),
    );
    const told = [...builds].join(', ');
    if (told !== `${version}.0`) faults.push(`${name} (${taskId}) of version ${version} was run by ${told}`);
    counts.set(version, counts.get(version) + 1);
  }
  for (const [version, count] of counts) if (count === 0) faults.push(`no task of version ${version}`);
  const note = [...counts].map(([version, count]) => `${count} of version ${version}`).join(', ');
  return { name: 'each task ends on the version that has begun it', faults, note };
}
