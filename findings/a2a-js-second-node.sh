#!/usr/bin/env bash
# @a2a-js/sdk 1.3.0, two servers that share their task store, as two nodes behind a balancer do (here both are in one process, with an
# InMemoryTaskStore); a task runs on the first:
# - SubscribeToTask at the second answers with a stream of the Task as it is, WORKING, and ends it: no error, no end of the task.
# - CancelTask at the second answers with the Task CANCELED, and cancelTask() of the executor is not called: the work goes on at the
#   first, to its end.
# - The same message, with the same messageId, is a second task, at either.
# Expected: events until the task ends, or an error; a call of cancelTask(), or an error; one task.
# Seen with: subscribe at the first: WORKING..COMPLETED | at the second: WORKING | cancel at the first: CANCELED, 1 call of
#   cancelTask() | at the second: CANCELED, 0 calls | the same message twice: 2 tasks
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @a2a-js/sdk@1.3.0 express@5.2.1 >/dev/null
cat > show.js <<'JS'
import { once } from 'node:events';
import { AgentCard, TaskState } from '@a2a-js/sdk';
import { AgentEvent, DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import { UserBuilder, jsonRpcHandler } from '@a2a-js/sdk/server/express';
import express from 'express';

const ends = new Map();
const contexts = new Map();
let cancels = 0;
const executor = {
  async execute({ taskId, contextId, userMessage }, bus) {
    const status = (state) => ({ state, message: undefined, timestamp: undefined });
    contexts.set(taskId, contextId);
    bus.publish(AgentEvent.task({
      id: taskId, contextId, status: status(TaskState.TASK_STATE_WORKING), history: [userMessage], artifacts: [],
      metadata: undefined,
    }));
    await new Promise((end) => ends.set(taskId, end));
    const completed = status(TaskState.TASK_STATE_COMPLETED);
    bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status: completed, metadata: undefined }));
    bus.finished();
  },
  async cancelTask(taskId, bus) {
    cancels += 1;
    const canceled = { state: TaskState.TASK_STATE_CANCELED, message: undefined, timestamp: undefined };
    const contextId = contexts.get(taskId);
    bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status: canceled, metadata: undefined }));
    bus.finished();
  },
};
const card = AgentCard.fromJSON({
  name: 'Works', capabilities: { streaming: true },
  supportedInterfaces: [{ url: 'http://127.0.0.1/', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
});
const store = new InMemoryTaskStore();

async function node() {
  const requestHandler = new DefaultRequestHandler(card, store, executor);
  const app = express().use('/', jsonRpcHandler({ requestHandler, userBuilder: UserBuilder.noAuthentication }));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const headers = { 'content-type': 'application/json', 'a2a-version': '1.0' };
  return (method, params) =>
    fetch(`http://127.0.0.1:${server.address().port}/`, {
      method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
}

const [first, second] = [await node(), await node()];
const short = (state) => state.replace('TASK_STATE_', '');
const result = async (response) => (await response).json().then((answer) => answer.result ?? answer.error);
let messages = 0;
const send = async (messageId = `m${(messages += 1)}`) => {
  const message = { messageId, role: 'ROLE_USER', parts: [{ text: 'work' }] };
  return (await result(first('SendMessage', { message, configuration: { returnImmediately: true } }))).task.id;
};

/** The states in a stream, until it ends. */
async function subscribe(node, id) {
  const response = await node('SubscribeToTask', { id });
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data:'));
  const states = lines.map((line) => {
    const { result } = JSON.parse(line.slice(5));
    return short((result.task ?? result.statusUpdate).status.state);
  });
  return [...new Set(states)].join('..');
}

const id = await send();
const atSecond = await subscribe(second, id);
const watching = subscribe(first, id);
while (!ends.has(id)) await new Promise(setImmediate);
setTimeout(ends.get(id), 1_000);
const atFirst = await watching;

/** What CancelTask answers, and how often the executor was told. */
async function cancel(node) {
  cancels = 0;
  const state = short((await result(node('CancelTask', { id: await send() }))).status.state);
  return `${state}, ${cancels}`;
}
const [cancelFirst, cancelSecond] = [await cancel(first), await cancel(second)];

const tasks = new Set([await send('same'), await send('same')]).size;
console.log(`subscribe at the first: ${atFirst} | at the second: ${atSecond} | cancel at the first: ${cancelFirst} call of ` +
  `cancelTask() | at the second: ${cancelSecond} calls | the same message twice: ${tasks} tasks`);
const right = ['WORKING..COMPLETED', 'WORKING', 'CANCELED, 1', 'CANCELED, 0', 2];
process.exit(String([atFirst, atSecond, cancelFirst, cancelSecond, tasks]) === String(right) ? 0 : 1);
JS
timeout 60 node show.js
