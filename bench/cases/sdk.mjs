import { fileURLToPath } from 'node:url';
import { startPostgres } from '../../interop/lib/postgres.mjs';
import { a2aClient, textMessage } from '../lib/a2a-client.mjs';
import { batch, compared, inBatches, inTurns } from '../lib/measure.mjs';

const SERVER = fileURLToPath(new URL('../sdk-server.mjs', import.meta.url));
const PAGE_SIZE = 50;
const AGAINST = 'SDK on PostgreSQL';

const ROWS = {
  first: { name: 'sdk-get-first', what: 'GetTask of a closed task that the node has not read' },
  get: { name: 'sdk-get', what: 'GetTask of a closed task, asked again' },
  list: { name: 'sdk-list', what: `ListTasks, first page of ${PAGE_SIZE}` },
  immediate: { name: 'sdk-immediate-32', what: 'immediate sends, 32 at once' },
};

/** The bridge beside the official SDK's server with its task store in PostgreSQL, as many tasks on each side. */
export const sdkServer = {
  name: 'sdk',
  async run(bench) {
    const postgres = await startPostgres();
    if (postgres.missing !== undefined) {
      return Object.values(ROWS).map((row) => ({ ...row, skipped: postgres.missing }));
    }
    const sdk = await bench.start(SERVER, { databaseUrl: postgres.url });
    try {
      return await compare(bench, a2aClient(sdk.url), postgres.version);
    } finally {
      await sdk.stop();
      await postgres.stop();
    }
  },
};

async function compare(bench, plainClient, version) {
  const { client } = await bench.apart();
  const { rounds, listTasks: tasks } = bench;
  const both = (call) => ({ bridge: () => call(client, 'bridge'), plain: () => call(plainClient, 'plain') });

  const last = {};
  for (const [side, each] of Object.entries({ bridge: client, plain: plainClient })) {
    await batch(tasks, 32, async () => {
      last[side] = (await each.send('echo', textMessage())).id;
    });
  }
  const read = both((each, side) => each.getTask('echo', last[side]));
  const get = await inTurns({ rounds, calls: 25, sides: read });
  const page = both((each) => each.listTasks('echo', { pageSize: PAGE_SIZE }));
  const list = await inTurns({ rounds, calls: 10, warmUp: 20, sides: page });

  const { client: fresh } = await bench.freshApi();
  const unread = { bridge: await someTasks(client), plain: await someTasks(plainClient) };
  const readFirst = {
    bridge: async () => fresh.getTask('echo', unread.bridge.pop()),
    plain: async () => plainClient.getTask('echo', unread.plain.pop()),
  };
  const calls = 12;
  const warmUp = 50;
  const first = await inTurns({ rounds: Math.min(rounds, 10), calls, warmUp, sides: readFirst });

  let begun = [];
  const immediate = await inBatches({
    rounds,
    total: 64,
    width: 32,
    sides: both(async (each, side) => {
      const { id } = await each.sendImmediately('echo', textMessage());
      begun.push(() => ended(bench, each, side, id));
    }),
    settle: async () => {
      const waits = begun;
      begun = [];
      await Promise.all(waits.map((wait) => wait()));
    },
    cpu: () => bench.cpu(),
  });
  const row = (which, unit, goal, measured, note) =>
    compared({ ...ROWS[which], against: AGAINST, unit, goal, note, ...measured });
  return [
    row('first', 'ms', { most: 1 }, first, version),
    row('get', 'ms', { most: 1 }, get),
    row('list', 'ms', { most: 1 }, list, `${tasks} tasks on each side`),
    row('immediate', '/s', undefined, immediate, cpuOfBridge(immediate.cpu)),
  ];
}

/** Of the processes that are counted none serves the SDK's side. */
function cpuOfBridge({ bridge }) {
  const each = Object.entries(bridge).map(([name, ms]) => `${name} ${ms.toFixed(1)}`);
  return each.length === 0 ? undefined : `CPU ms per call of the bridge: ${each.join(', ')}`;
}

/** As many as are read once each: of the newest, the last ones first. */
async function someTasks(client) {
  const ids = [];
  let pageToken = '';
  do {
    const page = await client.listTasks('echo', { pageSize: 100, ...(pageToken && { pageToken }) });
    ids.push(...page.tasks.map(({ id }) => id));
    pageToken = page.nextPageToken;
  } while (pageToken && ids.length < 400);
  return ids;
}

/** What was sent goes on by itself. */
async function ended({ temporal }, client, side, id) {
  if (side === 'bridge') await temporal.client.workflow.getHandle(id).result();
  else while ((await client.getTask('echo', id)).status.state !== 'TASK_STATE_COMPLETED');
}
