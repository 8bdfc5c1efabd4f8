// Runs real workers in Python, Go and Java, has the bridge serve their workflows, and tries every case.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBridge } from '../lib/server.mjs';
import { agentId, agentsFile, queueOf } from './agents.mjs';
import { PENDING } from './cases.mjs';
import { AgentClient } from './client.mjs';
import { caseOf, languageOf } from './matrix.mjs';
import { tryCase } from './operations.mjs';
import { Workers } from './programs.mjs';
import { followReadme } from './readme.mjs';
import { Operator } from './temporal.mjs';

/** Cases at once. Much of each is waiting. */
const AT_ONCE = 4;

/**
 * @param programs by `worker-<language>`, as makePrograms() of ../run.mjs gives them
 * @param matrix what is to run
 */
export async function runWorkers({ programs, matrix, temporalAddress, receiver, report, shutdown }) {
  const { signal } = shutdown;
  const languages = programs.map(([client]) => languageOf(client));
  const directory = await mkdtemp(join(tmpdir(), 'a2a-workers-'));
  const agents = join(directory, 'agents.yaml');
  await writeFile(agents, agentsFile(languages));
  const operator = await Operator.connect(temporalAddress);
  const workers = new Workers({ temporalAddress, signal });
  let bridge;
  try {
    bridge = await startBridge({
      temporalAddress,
      env: { AGENTS_FILE: agents, TASK_QUEUE: `workers-${randomUUID()}` },
      signal,
    });
    await Promise.all(
      programs.map(([client, program]) => workers.start(program, { queue: queueOf(languageOf(client)) })),
    );
    const jobs = programs.flatMap(([client, program]) =>
      matrix[client].flatMap(({ operations }) => operations.map((name) => ({ client, program, name }))),
    );
    const tools = { bridge, receiver, temporal: operator, temporalAddress, workers };
    await Promise.all(Array.from({ length: AT_ONCE }, () => work(jobs, tools, report, signal)));
    if (report.count('failed') > 0) {
      process.stdout.write(`\nThe end of the log of the workers' server:\n${bridge.log}\n`);
    }
  } finally {
    await workers.stop();
    await bridge?.stop();
    await operator.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function work(jobs, tools, report, signal) {
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    signal.throwIfAborted();
    const began = Date.now();
    const problems = await tryJob(job, tools, signal).catch((error) => [error.message]);
    const result = { client: job.client, version: '1.0', binding: 'all', operation: job.name };
    report.set({ ...result, ...outcomeOf(job, problems), ms: Date.now() - began });
  }
}

async function tryJob(job, { bridge, workers, ...tools }, signal) {
  const language = languageOf(job.client);
  const each = caseOf(job.name, language);
  const startWorker = ({ suffix, ...config }) =>
    workers.start(job.program, { queue: queueOf(language, suffix), ...config });
  await each.before?.({ ...tools, startWorker, queue: queueOf(language, each.suffix) });
  if (each.readme) return followReadme(language, { ...tools, program: job.program, signal });
  const client = new AgentClient(bridge, agentId(language, each.agent));
  try {
    return await tryCase(
      each,
      { ...tools, client, startWorker, queue: queueOf(language, each.suffix) },
      pendingFor(job) !== undefined,
    );
  } finally {
    client.close();
  }
}

function pendingFor({ client, name }) {
  return PENDING[name] ?? PENDING[`${name} ${languageOf(client)}`];
}

function outcomeOf(job, problems) {
  const why = pendingFor(job);
  if (problems.length === 0) return { outcome: 'passed', detail: why && 'no longer pending' };
  const detail = problems.map((problem) => problem.slice(0, 1_500)).join('\n        ');
  return why === undefined ? { outcome: 'failed', detail } : { outcome: 'pending', detail: why };
}
