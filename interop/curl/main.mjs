// The commands of Retool's page on its A2A trigger, word for word but for the address, the IDs and the key, run
// by a real shell with a real curl. The argument and the lines of output are those of the other clients.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { printResults } from '../lib/cases.mjs';

const config = JSON.parse(process.argv[2]);

/** As on the page. */
const COMMANDS = {
  card: String.raw`curl --url "https://yourdomain.retool.com/api/agents/a2a/agent_id/.well-known/agent-card.json" \
-H "Content-Type: application/json" \
-H "X-Api-Key: retool_wk_########"`,
  send: String.raw`curl -X POST \
"https://yourdomain.retool.com/api/agents/a2a/agent_id/v1/message:send" \
-H "Content-Type: application/json" \
-H "X-Api-Key: retool_wk_#####" \
-d '{
"message": {
"messageId": "msg-12345",
"role": "user",
"parts": [
{
"kind": "text",
"text": "tell me a joke"
}
]
}
}'`,
  get: String.raw`curl --url "https://yourdomain.retool.com/api/agents/a2a/agent_id/v1/tasks/task_id" \
-H 'Content-Type: application/json' \
-H 'X-Api-Key: retool_wk_######'`,
  stream: String.raw` curl -X POST \
"https://yourdomain.retool.com/api/agents/a2a/agent_id/v1/message:stream" \
-H "Content-Type: application/json" \
-H "X-Api-Key: retool_wk_your_api_key" \
-d '{
"message": {
"messageId": "msg-123456",
"role": "user","parts": [
{
"kind": "text",
"text": "tell me a joke"
}
]
}
}'`,
  subscribe: String.raw` curl -X POST \
"https://yourdomain.retool.com/api/agents/a2a/agent_id/v1/tasks/task_id:subscribe" \
-H 'Content-Type: application/json' \
-H 'X-Api-Key: retool_wk_#####'`,
  cancel: String.raw` curl -X POST \
"https://yourdomain.retool.com/api/agents/a2a/agent_id/v1/tasks/task_id:cancel" \
-H 'Content-Type: application/json' \
-H 'X-Api-Key: retool_wk_#####'`,
};

const AGENT = 'private';

async function shell(name, taskId = '') {
  const command = COMMANDS[name]
    .replace('https://yourdomain.retool.com/api/agents/a2a/agent_id', `${config.url}/a2a/${AGENT}`)
    .replace('task_id', taskId)
    .replace(/retool_wk_\w*#*/, config.key);
  const { stdout } = await promisify(execFile)('bash', ['-c', command], { timeout: 40_000 });
  return stdout;
}

const json = async (name, taskId) => JSON.parse(await shell(name, taskId));

/** The events of an SSE answer: {name, data}. */
function events(answer) {
  return answer
    .split(/\r?\n\r?\n/)
    .map((block) => ({
      name: /^event: ?(.*)$/m.exec(block)?.[1],
      data: /^data: ?(.*)$/m.exec(block)?.[1],
    }))
    .filter(({ data }) => data !== undefined)
    .map(({ name, data }) => ({ name, data: JSON.parse(data) }));
}

/** Polls as the page says, until the task has ended. */
async function ended(taskId) {
  for (;;) {
    const task = await json('get', taskId);
    if (!['submitted', 'working'].includes(task.status.state)) return task;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const CASES = {
  async card() {
    const card = await json('card');
    assert.equal(card.name, 'Private');
    assert.equal(card.url, `${config.url}/a2a/${AGENT}`);
    assert.match(card.protocolVersion, /^0\.3/);
    assert.equal(typeof card.preferredTransport, 'string');
    assert.equal(card.capabilities.streaming, true);
    return card.preferredTransport;
  },
  async send() {
    const task = await json('send');
    assert.equal(task.kind, 'task');
    assert.equal(task.status.state, 'submitted');
    assert.match(task.id, /./);
    assert.match(task.contextId, /./);
    assert.deepEqual(task.history[0].parts, [{ kind: 'text', text: 'tell me a joke' }]);
    assert.equal(task.history[0].kind, 'message');
    assert.equal(task.history[0].role, 'user');
    return task.status.state;
  },
  async get() {
    const { id, contextId } = await json('send');
    const task = await ended(id);
    assert.equal(task.kind, 'task');
    assert.equal(task.id, id);
    assert.equal(task.contextId, contextId);
    assert.equal(task.status.state, 'completed');
    assert.deepEqual(task.artifacts[0].parts, [{ kind: 'text', text: 'tell me a joke' }]);
    return task.status.state;
  },
  async stream() {
    const all = events(await shell('stream'));
    const [first] = all;
    assert.equal(first.name, 'task');
    assert.equal(first.data.task.kind, 'task');
    assert.equal(first.data.task.status.state, 'submitted');
    const last = all.at(-1);
    assert.equal(last.name, 'statusUpdate');
    assert.equal(last.data.statusUpdate.kind, 'status-update');
    assert.equal(last.data.statusUpdate.status.state, 'completed');
    assert.equal(last.data.statusUpdate.final, true);
    assert.ok(all.slice(0, -1).every(({ data }) => data.statusUpdate?.final !== true));
    return all.map(({ name }) => name).join(', ');
  },
  async subscribe() {
    const { id } = await json('send');
    await ended(id);
    const answer = await shell('subscribe', id);
    const all = events(answer).map(({ data }) => data.statusUpdate ?? data);
    const last = all.at(-1);
    assert.equal(last?.kind, 'status-update', answer);
    assert.equal(last.taskId, id);
    assert.equal(last.status.state, 'completed');
    assert.equal(last.final, true);
    return `${all.length} events`;
  },
  async cancel() {
    const { id } = await json('send');
    await ended(id);
    const answer = await json('cancel', id);
    assert.equal(answer.success, false);
    assert.match(answer.message, /./);
    return answer.message;
  },
};

await printResults(config, (operation) => CASES[operation]());
