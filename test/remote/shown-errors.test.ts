import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import type { Task } from '../../src/a2a/types';
import { createActivities } from '../../src/activities';
import { DETAIL_FAILURE } from '../../src/contract/failure';
import { type Harness, type HarnessAgent, request, startHarness, taskOf } from '../support/harness';
import { cleanUpAfterAll, startTestWorker } from '../support/temporal';
import { type RawAgent, startRawAgent } from './raw-agent';

/** Clients read what kind of failure it was; hosts, addresses, paths and settings are for operators. */

let harness: Harness;
let raw: RawAgent;

/** In what a server says that is not for clients. */
const INSIDE = 'Traceback in /srv/agent/app.py: db.internal:5432';
const retry = { maximumAttempts: 1 };

beforeAll(async () => {
  raw = await startRawAgent();
  const failing = createServer((_request, response) => response.writeHead(500).end(INSIDE));
  const refusing = createServer((_request, response) => {
    response.writeHead(401, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: `Incorrect API key sk-12, ${INSIDE}` } }));
  });
  const closed = createTcpServer();
  const [atFailing, atRefusing, atClosed] = await Promise.all(
    [failing, refusing, closed].map(
      (server) =>
        new Promise<string>((resolve) => {
          server.listen(0, '127.0.0.1', () => {
            resolve(`127.0.0.1:${(server.address() as AddressInfo).port}`);
          });
        }),
    ),
  );
  cleanUpAfterAll(async () => {
    failing.close();
    refusing.close();
  });
  await new Promise((resolve) => closed.close(resolve));
  const proxy = (id: string, url: string, more: object = {}): HarnessAgent => ({
    id,
    proxy: { url, retry, timeout: '60s', ...more },
  });
  const model = (id: string, baseUrl: string, more: object = {}): HarnessAgent => ({
    id,
    model: { baseUrl, model: 'm-internal', maximumAttempts: 1, ...more },
  });
  harness = await startHarness({
    withoutWorker: true,
    agents: [
      proxy('closed', `http://${atClosed}/agent`),
      proxy('nameless', 'http://agent.internal.invalid:4100/agent'),
      proxy('private', 'http://10.1.2.3:4100/agent'),
      proxy('plain', `https://${atFailing}/agent`),
      proxy('failing', `http://${atFailing}/agent`),
      proxy('refusing', `http://${atRefusing}/agent`),
      proxy('secretless', raw.url, {
        credentials: [{ certificate: 'file:/srv/missing.pem', key: 'env:TEST_SHOWN_MISSING' }],
      }),
      proxy('speaking', raw.url),
      { id: 'chained', chain: { steps: [{ name: 'ask', url: `http://${atRefusing}/agent`, retry }] } },
      {
        id: 'late',
        chain: { steps: [{ name: 'ask', url: `http://${atClosed}/agent`, timeout: '3s', retry }] },
      },
      { id: 'uncalled', chain: { steps: [{ name: 'ask', agent: 'nobody', retry }] } },
      model('model-closed', `http://${atClosed}/v1`),
      model('model-failing', `http://${atFailing}/v1`),
      model('model-refusing', `http://${atRefusing}/v1`),
      model('model-secretless', `http://${atFailing}/v1`, { apiKey: 'env:TEST_SHOWN_MISSING' }),
    ],
  });
  await startTestWorker({
    connection: harness.temporal.connection,
    taskQueue: harness.taskQueue,
    activities: createActivities({ agents: harness.agents, remote: { outboundAllow: ['127.0.0.0/8'] } }),
  });
}, 60_000);

/** What operators read of the last activity that has failed. */
async function detailOf({ id }: Task): Promise<string> {
  const { events } = await harness.temporal.client.workflow.getHandle(id).fetchHistory();
  const failures = (events ?? []).flatMap(({ activityTaskFailedEventAttributes: failed }) =>
    failed?.failure?.cause ? [failed.failure.cause] : [],
  );
  expect(failures.at(-1)?.applicationFailureInfo?.type).toBe(DETAIL_FAILURE);
  return failures.at(-1)?.message ?? '';
}

const INTERNAL =
  /127\.0\.0\.1|10\.1\.2\.3|internal|\.invalid|OUTBOUND|TEST_SHOWN|\/srv|ECONN|ENOTFOUND|sk-12|:\d{4}/;

it.each([
  ['closed', 'The remote agent cannot be reached', /127\.0\.0\.1:\d+ failed \(ECONNREFUSED\)/],
  ['nameless', 'The remote agent cannot be reached', /agent\.internal\.invalid does not resolve/],
  ['private', 'The remote agent may not be called from here', /10\.1\.2\.3 is a private address, .*OUTBOUND/],
  ['plain', 'The remote agent cannot be reached', /the connection to https:\/\/127\.0\.0\.1:\d+ failed/],
  [
    'failing',
    'The remote agent answered with status 500',
    /http:\/\/127\.0\.0\.1:\d+\/agent answered with status 500 while getting its card/,
  ],
  ['refusing', 'The remote agent does not accept the credentials', /answered with status 401/],
  [
    'secretless',
    'The remote agent cannot be called: a credential is missing, or none fits',
    /file:\/srv\/missing.pem|env:TEST_SHOWN_MISSING/,
  ],
  ['chained', 'ask: The remote agent does not accept the credentials', /answered with status 401/],
  ['uncalled', 'ask: There is no agent "nobody" here', /the worker's agents are: closed, nameless/],
  ['model-closed', 'The model cannot be reached', /m-internal cannot be reached: ./],
  ['model-failing', 'The model is not available (status 500)', /m-internal .*db\.internal:5432/],
  ['model-refusing', 'The model does not accept the credentials (status 401)', /Incorrect API key sk-12/],
  ['model-secretless', 'A credential of the model is missing', /env:TEST_SHOWN_MISSING/],
])(
  'of the agent %s its client reads: %s',
  async (agent, shown, detail) => {
    const task = taskOf(await harness.bridge.sendMessage(request('hi'), harness.call(agent)));
    expect(task.status.state).toBe('TASK_STATE_FAILED');
    expect(task.status.message?.parts).toEqual([{ text: shown }]);
    expect(JSON.stringify(task.status)).not.toMatch(INTERNAL);
    expect(await detailOf(task)).toMatch(detail);
  },
  120_000,
);

it('what an agent answers in its protocol is told', async () => {
  raw.answer = (_rpc, reply) => reply.error(-32602, 'The order has no number');
  const task = taskOf(await harness.bridge.sendMessage(request('hi'), harness.call('speaking')));
  const [{ text } = { text: '' }] = task.status.message?.parts ?? [];
  expect(text).toMatch(/^The remote agent failed while [a-z ]+: The order has no number/);
}, 120_000);

it('a step that is over in the middle of its attempts tells nothing else', async () => {
  const task = taskOf(await harness.bridge.sendMessage(request('hi'), harness.call('late')));
  expect(task.status.state).toBe('TASK_STATE_FAILED');
  expect(task.status.message?.parts[0]?.text).toMatch(/^ask: /);
  expect(JSON.stringify(task.status)).not.toMatch(INTERNAL);
}, 120_000);

it('a server that fails behind its card has said nothing to the client', async () => {
  raw.answer = (_rpc, reply) => reply.status(500, INSIDE);
  const task = taskOf(await harness.bridge.sendMessage(request('hi'), harness.call('speaking')));
  expect(task.status.message?.parts).toEqual([{ text: 'The remote agent answered with status 500' }]);
  expect(await detailOf(task)).toMatch(/http:\/\/127\.0\.0\.1:\d+\/ answered with status 500 while/);
}, 120_000);
