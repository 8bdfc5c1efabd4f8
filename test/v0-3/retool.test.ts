import { eventually } from '../support/eventually';
import { startHarness } from '../support/harness';
import { type Body, rest, restEvents } from './wire';

/** The calls of Retool's pages, one after the other, against agents that know nothing of Retool. */
describe("Retool's pages", () => {
  let base = '';

  beforeAll(async () => {
    const { url } = await startHarness({ agents: [{ id: 'echo' }, { id: 'ticker' }], app: true });
    base = `${url}/a2a/echo`;
  });

  const joke = (messageId: string) => ({
    message: { messageId, role: 'user', parts: [{ kind: 'text', text: 'tell me a joke' }] },
  });

  const part = { kind: 'text', text: 'tell me a joke' };

  async function completed(messageId: string): Promise<Body> {
    const { body: sent } = await rest('POST', `${base}/v1/message:send`, joke(messageId));
    return eventually(async () => {
      const { body } = await rest('GET', `${base}/v1/tasks/${sent.id}`);
      return body.status.state === 'completed' && body;
    });
  }

  it('sends, and is told at once that the task is submitted', async () => {
    const { body } = await rest('POST', `${base}/v1/message:send`, joke('msg-12345'));
    expect(body).toMatchObject({
      kind: 'task',
      status: {
        state: 'submitted',
        message: {
          kind: 'message',
          role: 'agent',
          parts: [{ kind: 'text', text: 'Task submitted' }],
          taskId: body.id,
        },
      },
      history: [{ kind: 'message', role: 'user', parts: [part], taskId: body.id, contextId: body.contextId }],
    });
  });

  it('polls until the answer is in the status and in the history', async () => {
    const task = await completed('msg-12346');
    expect(task.status.message).toMatchObject({
      kind: 'message',
      role: 'agent',
      parts: [part],
      taskId: task.id,
    });
    expect(task.history).toMatchObject([{ role: 'user' }, { role: 'agent', parts: [part] }]);
    expect(task.history[1].messageId).toBe(task.status.message.messageId);
  });

  it('subscribes to the task that has ended, and cannot cancel it', async () => {
    const { id, contextId, status } = await completed('msg-12347');
    const { list } = await restEvents('POST', `${base}/v1/tasks/${id}:subscribe`);
    expect(list).toEqual([{ data: { kind: 'status-update', taskId: id, contextId, status, final: true } }]);
    const canceled = await rest('POST', `${base}/v1/tasks/${id}:cancel`);
    expect(canceled.body).toEqual({ success: false, message: 'workflow execution already completed' });
  });

  it('streams, and resumes after any event', async () => {
    const { list } = await restEvents('POST', `${base}/v1/message:stream`, joke('msg-123456'));
    expect(list[0]).toMatchObject({ event: 'task', data: { task: { status: { state: 'submitted' } } } });
    const last = list.at(-1);
    expect(last).toMatchObject({
      event: 'statusUpdate',
      data: {
        statusUpdate: {
          kind: 'status-update',
          final: true,
          status: { state: 'completed', message: { parts: [part] } },
        },
      },
    });
    const id = list[0]?.data.task.id;
    const resumed = await fetch(`${base}/v1/tasks/${id}:subscribe`, {
      method: 'POST',
      headers: { 'Last-Event-ID': String(list[0]?.id) },
    });
    expect(await resumed.text()).toContain(`data: ${JSON.stringify(last?.data)}\n\n`);
  });
});
