// Runs real workers in Python, Go and Java, has the bridge serve their workflows, and tries every case.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inParallel } from '../lib/in-parallel.mjs';
import { startBridge } from '../lib/server.mjs';
import { agentId, agentsFile, BUILT_IN, queueOf } from './agents.mjs';
import { clientFor } from './bindings.mjs';
import { PENDING } from './cases.mjs';
import { AgentClient } from './client.mjs';
import { caseOf, languageOf } from './matrix.mjs';
import { tryCase } from './operations.mjs';
import { Workers } from './programs.mjs';
import { followReadme } from './readme.mjs';
import { Operator } from './temporal.mjs';
import { replayVector } from './vectors.mjs';

/** Cases at once. Much of each is waiting. */
const AT_ONCE = 4;

/** Settings of the bridges; the one with a codec is there for cases that say so. */
const BRIDGES = {
  plain: { TASK_QUEUE: BUILT_IN, NEXUS: 'true', NEXUS_OWNER: 'anonymous' },
  coded: {
    TASK_QUEUE: `${BUILT_IN}-coded`,
    DATA_CONVERTER: fileURLToPath(new URL('shift-codec.mjs', import.meta.url)),
  },
};

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
  const jobs = programs.flatMap(([client, program]) =>
    matrix[client].flatMap(({ operations, version, binding }) =>
      operations.map((operation) => ({
        client,
        program,
        version,
        binding,
        operation,
        each: caseOf(operation, languageOf(client)),
      })),
    ),
  );
  const bridges = {};
  const start = async (name) => {
    bridges[name] = await startBridge({
      temporalAddress,
      env: { AGENTS_FILE: agents, ...BRIDGES[name] },
      signal,
    });
  };
  try {
    await operator.createEndpoint(BUILT_IN);
    await Promise.all([
      ...[...new Set(jobs.map(({ each }) => each.bridge ?? 'plain'))].map(start),
      ...programs.map(([client, program]) => workers.start(program, { queue: queueOf(languageOf(client)) })),
    ]);
    const tools = { bridges, receiver, temporal: operator, temporalAddress, workers };
    const run = (job) => work(job, tools, report, signal);
    const examples = jobs.filter(({ each }) => each.readme);
    const others = jobs.filter(({ each }) => !each.readme);
    // Examples one after the other: the built-in worker of each polls the same task queue.
    await Promise.all([inParallel(AT_ONCE, others, run), inParallel(1, examples, run)]);
    if (report.count('failed') > 0) {
      for (const { log } of Object.values(bridges)) {
        process.stdout.write(`\nThe end of the log of a server of the workers:\n${log}\n`);
      }
    }
  } finally {
    await workers.stop();
    await Promise.all(Object.values(bridges).map((bridge) => bridge.stop()));
    await operator.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function work(job, tools, report, signal) {
  signal.throwIfAborted();
  const began = Date.now();
  const problems = await tryJob(job, tools, signal).catch((error) => [error.message]);
  const { client, version, binding, operation } = job;
  report.set({ client, version, binding, operation, ...outcomeOf(job, problems), ms: Date.now() - began });
}

async function tryJob({ each, ...job }, { bridges, workers, ...tools }, signal) {
  const language = languageOf(job.client);
  const startWorker = ({ suffix, ...config }) =>
    workers.start(job.program, { queue: queueOf(language, suffix), ...config });
  await each.before?.({ ...tools, startWorker, queue: queueOf(language, each.suffix) });
  if (each.readme) return followReadme(language, { ...tools, program: job.program, signal });
  const bridge = bridges[each.bridge ?? 'plain'];
  const agent = (name) => new AgentClient(bridge, agentId(language, name));
  const client = clientFor(job, bridge, agentId(language, each.agent));
  try {
    if (each.vector) return await replayVector(each, { ...tools, client });
    return await tryCase(
      each,
      { ...tools, client, agent, startWorker, queue: queueOf(language, each.suffix) },
      pendingFor(job) !== undefined,
    );
  } finally {
    client.close();
  }
}

function pendingFor({ client, operation }) {
  return PENDING[operation] ?? PENDING[`${operation} ${languageOf(client)}`];
}

function outcomeOf(job, problems) {
  const why = pendingFor(job);
  if (why === undefined && problems.length === 0) return { outcome: 'passed' };
  if (problems.length === 0) return { outcome: 'failed', detail: 'passes: it is no longer pending' };
  const detail = problems.map((problem) => problem.slice(0, 1_500)).join('\n        ');
  return why === undefined ? { outcome: 'failed', detail } : { outcome: 'pending', detail: why };
}
