// Many readers of tasks, in a process of their own: streams of the API, or long polls of the tasks' histories.
import { Agent, request } from 'node:http';
import { NativeConnection } from '@temporalio/worker';
import { sse } from './lib/a2a-client.mjs';
import { answerParent } from './lib/ipc.mjs';
import { nowNs } from './lib/measure.mjs';

const { url, address } = JSON.parse(process.argv[2]);
const agent = new Agent({ keepAlive: false });
const connection = address === undefined ? undefined : await NativeConnection.connect({ address });
let latencies = [];
let calls = [];

answerParent({
  /** Opens one stream for each ID, `width` at once; resolves with the ms that each took to its first event. */
  async subscribe(agentId, ids, width = 100) {
    const times = [];
    await lanes(ids, width, async (id) => times.push(await subscribe(agentId, id)));
    return times;
  },
  /** The same with long polls. */
  poll: (ids) => lanes(ids, 100, poll),
  /** The ms that events took to come, of those that have come since the last question. */
  taken() {
    const taken = latencies;
    latencies = [];
    return taken;
  },
  close() {
    for (const call of calls) call.destroy();
    calls = [];
  },
  async stop() {
    setTimeout(() => process.exit(0), 20);
  },
});
process.send({ ready: {} });

async function lanes(ids, width, run) {
  const left = [...ids];
  const lane = async () => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) await run(id);
  };
  await Promise.all(Array.from({ length: Math.min(width, ids.length) }, lane));
}

/** When the event was sent is in the message of its status. */
function note(status, at) {
  const [part] = status?.message?.parts ?? [];
  if (part?.data?.sentNs !== undefined) latencies.push((at - part.data.sentNs) / 1e6);
}

function subscribe(agentId, id) {
  const begun = nowNs();
  return new Promise((resolve, reject) => {
    const path = `${url}/a2a/${agentId}/tasks/${id}:subscribe`;
    const call = request(path, { method: 'POST', agent, headers: { 'a2a-version': '1.0' } }, async (res) => {
      try {
        if (res.statusCode !== 200) throw new Error(`subscribe: HTTP ${res.statusCode}`);
        for await (const [data, at] of sse(res, nowNs)) {
          resolve((at - begun) / 1e6);
          note(JSON.parse(data).statusUpdate?.status, at);
        }
      } catch (error) {
        reject(error);
      }
    });
    call.on('error', reject);
    call.end();
    calls.push(call);
  });
}

/** Resolves when all that there was is read. */
async function poll(id) {
  const next = (nextPageToken) =>
    connection.workflowService.getWorkflowExecutionHistory({
      namespace: 'default',
      execution: { workflowId: id },
      waitNewEvent: true,
      ...(nextPageToken?.length && { nextPageToken }),
    });
  let page = await next();
  const read = async () => {
    for (;;) {
      page = await next(page.nextPageToken);
      const at = nowNs();
      for (const { workflowExecutionSignaledEventAttributes: signal } of page.history?.events ?? []) {
        if (!signal) continue;
        for (const { statusUpdate } of JSON.parse(Buffer.from(signal.input.payloads[0].data).toString())) {
          note(statusUpdate?.status, at);
        }
      }
      if (!page.nextPageToken?.length) return;
    }
  };
  read().catch(() => {});
}
