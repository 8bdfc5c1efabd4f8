import { randomUUID } from 'node:crypto';
import { textMessage } from '../lib/a2a-client.mjs';
import { batch, compared, inTurns, order, timed } from '../lib/measure.mjs';

const PAGE_SIZE = 50;

/** Tasks in a context of their own. */
const IN_CONTEXT = 60;

/** Nodes that walk all pages. */
const WALKS = 4;

/** Pages of ListTasks beside the same pages of Temporal's own list. */
export const listTasks = {
  name: 'lists',
  async run(bench) {
    const { client, taskQueue } = await bench.apart();
    const contextId = randomUUID();
    await batch(bench.listTasks - IN_CONTEXT, 32, () => client.send('echo', textMessage()));
    await batch(IN_CONTEXT, 8, () => client.send('echo', { ...textMessage(), contextId }));

    const all = tasksOf(taskQueue);
    const completed = `${all} AND ExecutionStatus = 'Completed' AND A2aContext = '${contextId}'`;
    const [bridgeLast, plainLast] = [
      await lastPage(async (pageToken) => {
        const { tasks, ...page } = await client.listTasks('echo', { pageSize: PAGE_SIZE, pageToken });
        return { size: tasks.length, ...page };
      }),
      await lastPage((nextPageToken) => rawPage(bench, all, nextPageToken)),
    ];
    const pages = [
      ['first page', { bridge: {}, plain: [all] }],
      ['last page', { bridge: { pageToken: bridgeLast }, plain: [all, plainLast] }],
      ['by state and context', { bridge: { status: 'TASK_STATE_COMPLETED', contextId }, plain: [completed] }],
    ];
    const rows = [];
    for (const [what, { bridge, plain }] of pages) {
      const measured = await inTurns({
        rounds: bench.rounds,
        calls: 10,
        warmUp: 20,
        sides: {
          bridge: () => client.listTasks('echo', { pageSize: PAGE_SIZE, ...bridge }),
          plain: () => rawPage(bench, ...plain),
        },
      });
      rows.push(
        compared({
          name: `list-${what.split(' ')[0]}`,
          what: `ListTasks, ${PAGE_SIZE} of ${bench.listTasks}: ${what}`,
          against: 'raw list',
          unit: 'ms',
          goal: { most: 1.5 },
          ...measured,
        }),
      );
    }
    return [...rows, await walked(bench, all)];
  },
};

/** All pages on nodes that have read nothing. */
async function walked(bench, all) {
  const times = { bridge: [], plain: [] };
  let pages = 0;
  for (let walk = 0; walk < Math.min(WALKS, bench.rounds); walk++) {
    const { client } = await bench.freshApi();
    // The first call of a process compiles, and connects.
    await client.getTask('echo', randomUUID()).catch(() => {});
    const sides = {
      bridge: async (pageToken) => {
        const page = await client.listTasks('echo', { pageSize: PAGE_SIZE, pageToken });
        return { size: page.tasks.length, ...page };
      },
      plain: (nextPageToken) => rawPage(bench, all, nextPageToken),
    };
    for (const name of order(Object.keys(sides), walk)) {
      pages = 0;
      const counted = async (token) => {
        pages += 1;
        return sides[name](token);
      };
      const ms = await timed(() => lastPage(counted));
      times[name].push(ms / pages);
    }
  }
  return compared({
    name: 'list-walk',
    what: `ListTasks, all of ${bench.listTasks}, a page on a node that has just started`,
    against: 'raw list',
    unit: 'ms',
    goal: { most: 1.5 },
    note: `${pages} pages`,
    ...times,
  });
}

/** The first page of a node's tasks. */
export function firstPage(bench, { client, taskQueue }) {
  return {
    bridge: () => client.listTasks('echo', { pageSize: PAGE_SIZE }),
    plain: () => rawPage(bench, tasksOf(taskQueue)),
  };
}

function tasksOf(taskQueue) {
  return `A2aAgent = 'echo' AND TaskQueue = '${taskQueue}'`;
}

async function rawPage({ temporal }, query, nextPageToken) {
  const { executions, nextPageToken: next } = await temporal.client.workflowService.listWorkflowExecutions({
    namespace: 'default',
    query,
    pageSize: PAGE_SIZE,
    ...(nextPageToken && { nextPageToken }),
  });
  return { size: executions.length, nextPageToken: next };
}

/** The token of the last page that is full. */
async function lastPage(page) {
  let last;
  let token;
  for (;;) {
    const { size, nextPageToken } = await page(token);
    if (size < PAGE_SIZE) return last;
    last = token;
    if (!nextPageToken?.length) return last;
    token = nextPageToken;
  }
}
