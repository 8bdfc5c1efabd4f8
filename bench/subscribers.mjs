// Many subscribers of one task, in a process of their own.
import { Agent, request } from 'node:http';
import { sse } from './lib/a2a-client.mjs';
import { answerParent } from './lib/ipc.mjs';
import { nowNs } from './lib/measure.mjs';

const { url } = JSON.parse(process.argv[2]);
const agent = new Agent({ keepAlive: false });
const ends = [];

answerParent({
  /** Resolves when each of `count` more streams has shown the Task. */
  async subscribe(agentId, id, count) {
    const opened = Array.from({ length: count }, () => subscribe(agentId, id));
    ends.push(...opened.map(({ end }) => end));
    await Promise.all(opened.map(({ first }) => first));
  },
  /** When each stream has ended: the time of its last event, in nanoseconds. */
  ended: () => Promise.all(ends),
  async stop() {
    setTimeout(() => process.exit(0), 20);
  },
});
process.send({ ready: {} });

function subscribe(agentId, id) {
  let shown;
  let refused;
  const first = new Promise((resolve, reject) => {
    shown = resolve;
    refused = reject;
  });
  const end = new Promise((resolve, reject) => {
    const fail = (error) => {
      refused(error);
      reject(error);
    };
    const path = `${url}/a2a/${agentId}/tasks/${id}:subscribe`;
    const call = request(path, { method: 'POST', agent, headers: { 'a2a-version': '1.0' } }, async (res) => {
      try {
        if (res.statusCode !== 200) throw new Error(`subscribe: HTTP ${res.statusCode}`);
        let last;
        for await (const [, at] of sse(res, nowNs)) {
          shown();
          last = at;
        }
        resolve(last);
      } catch (error) {
        fail(error);
      }
    });
    call.on('error', fail);
    call.end();
  });
  end.catch(() => {});
  return { first, end };
}
