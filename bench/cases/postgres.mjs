import { textMessage } from '../lib/a2a-client.mjs';
import { batch, compared, inBatches, inTurns, median } from '../lib/measure.mjs';
import { startTemporalOnPostgres } from '../lib/temporal-postgres.mjs';
import { firstPage } from './list.mjs';
import { closedTask, runningTask } from './read.mjs';
import { firstReads } from './reread.mjs';
import { blocking, immediately, perSecond } from './send.mjs';

/** Calls of each side before the first round: they share what has to be compiled. */
const WARM_UP = { first: 100, further: 24 };

/** What is listed, for pages that are full. */
const TASKS = 200;

const SENDS = {
  send: { what: 'blocking send', against: 'workflow.execute', unit: 'ms' },
  immediate: { what: 'immediate send, one at a time', against: 'workflow.start', unit: '/s' },
  'immediate-32': { what: 'immediate sends, 32 at once', against: 'workflow.start', unit: '/s' },
};

const READS = {
  'get-closed': { what: 'GetTask of a closed task', against: 'raw describe', unit: 'ms' },
  'get-running': { what: 'GetTask of a running task', against: 'raw query', unit: 'ms' },
  list: { what: 'ListTasks, first page', against: 'raw list', unit: 'ms' },
  'get-first': { what: 'GetTask of a closed task, first time', against: 'raw describe', unit: 'ms' },
};

export const sendsOnPostgres = {
  name: 'postgres',
  run: (bench) => onBothServers(bench, SENDS, compareSends),
};

export const readsOnPostgres = {
  name: 'postgres-reads',
  run: (bench) => onBothServers(bench, READS, compareReads),
};

/**
 * The bridge and plain Temporal on a server that keeps everything in PostgreSQL, beside both on the dev server: the
 * four take turns.
 */
async function onBothServers(bench, rows, compare) {
  const server = await startTemporalOnPostgres({ onProgress: bench.onProgress });
  if (server.missing !== undefined) {
    return Object.entries(rows).map(([name, row]) => ({
      name: `pg-${name}`,
      ...row,
      skipped: server.missing,
    }));
  }
  const pg = await bench.beside(async () => server);
  try {
    const nodes = { pg: await pg.apart(), dev: await bench.apart() };
    const both = {
      benches: { pg, dev: bench },
      /** What a case makes for a node, for both servers. */
      make: async (made) => ({ pg: await made(pg, nodes.pg), dev: await made(bench, nodes.dev) }),
    };
    const result = [];
    for await (const [name, measured, notes] of compare(both, bench.rounds)) {
      result.push(...rowsOf(name, rows[name], measured, notes));
      bench.onProgress(`${result.at(-2).name} is done`);
    }
    result[0].note = `Temporal server ${server.version}; ${result[0].note}`;
    return result;
  } finally {
    await pg.end();
  }
}

async function* compareSends({ benches, make }, rounds) {
  const sends = await make(blocking);
  const warmUp = WARM_UP.further;
  yield [
    'send',
    await inTurns({ rounds, calls: 8, warmUp: WARM_UP.first, sides: four(sends.pg, sends.dev) }),
  ];

  const starts = await make(immediately);
  const settle = async () => {
    await Promise.all([starts.pg.settle(), starts.dev.settle()]);
  };
  const sides = sidesOf(starts);
  const single = await inTurns({ rounds, calls: 8, warmUp, sides, settle });
  yield ['immediate', mapped(single, perSecond)];
  const cpu = () => cpuOf(benches);
  const many = await inBatches({ rounds, total: 64, width: 32, sides, settle, cpu });
  yield ['immediate-32', many, cpuNotes(many.cpu)];
}

async function* compareReads({ make }, rounds) {
  const warmUp = WARM_UP.further;
  const closed = await make(closedTask);
  yield ['get-closed', await inTurns({ rounds, calls: 25, warmUp, sides: four(closed.pg, closed.dev) })];

  const running = await make(runningTask);
  yield ['get-running', await inTurns({ rounds, calls: 25, warmUp, sides: sidesOf(running) })];
  await Promise.all([running.pg.end(), running.dev.end()]);

  await make((_, { client }) => batch(TASKS, 16, () => client.send('echo', textMessage())));
  const pages = await make(firstPage);
  yield ['list', await inTurns({ rounds, calls: 10, warmUp, sides: four(pages.pg, pages.dev) })];

  const unread = await make(firstReads);
  yield ['get-first', await inTurns({ ...unread.pg.turns, sides: sidesOf(unread) })];
}

function sidesOf({ pg, dev }) {
  return four(pg.sides, dev.sides);
}

function four(pg, dev) {
  return { 'pg bridge': pg.bridge, 'pg plain': pg.plain, 'dev bridge': dev.bridge, 'dev plain': dev.plain };
}

function mapped(measured, each) {
  return Object.fromEntries(Object.entries(measured).map(([side, values]) => [side, each(values)]));
}

/** A row for each server, and how the two servers compare. */
function rowsOf(name, row, measured, notes = {}) {
  const sides = (server) => ({ bridge: measured[`${server} bridge`], plain: measured[`${server} plain`] });
  const [pg, dev] = [sides('pg'), sides('dev')];
  const times = (side) => (median(pg[side]) / median(dev[side])).toFixed(2);
  const beside = `${times('bridge')} x the bridge on the dev server; without A2A ${times('plain')} x`;
  return [
    compared({
      ...row,
      name: `pg-${name}`,
      what: `${row.what}, PostgreSQL`,
      note: [beside, notes.pg].filter(Boolean).join('; '),
      ...pg,
    }),
    compared({ ...row, name: `dev-${name}`, what: `${row.what}, dev server`, note: notes.dev, ...dev }),
  ];
}

/** By process, with the name of its server in front. */
async function cpuOf(benches) {
  const all = {};
  for (const [server, bench] of Object.entries(benches)) {
    for (const [name, ms] of Object.entries(await bench.cpu())) all[`${server} ${name}`] = ms;
  }
  return all;
}

/** Of each server only what its own processes have used. */
function cpuNotes(cpu) {
  const noteOf = (server) => {
    const each = Object.entries(cpu[`${server} bridge`])
      .filter(([name]) => name.startsWith(`${server} `))
      .map(([name, ms]) => {
        const plain = cpu[`${server} plain`][name];
        return `${name.slice(server.length + 1)} ${ms.toFixed(1)} against ${plain.toFixed(1)}`;
      });
    return each.length === 0 ? undefined : `CPU ms per call: ${each.join(', ')}`;
  };
  return { pg: noteOf('pg'), dev: noteOf('dev') };
}
