import { connectTestTemporal, startTestWorker } from '../support/temporal';

describe('the test run', () => {
  it('has a Temporal server and a worker with the workflows of src/', async () => {
    const { connection, client } = await connectTestTemporal();
    const { taskQueue } = await startTestWorker({ connection });
    const result = await client.workflow.execute('echo', {
      taskQueue,
      workflowId: taskQueue,
      args: [
        {
          task: { id: taskQueue, contextId: 'context' },
          agentId: 'echo',
          message: { messageId: '1', role: 'ROLE_USER', parts: [{ text: 'hi' }] },
        },
      ],
    });
    expect(result).toMatchObject({ status: { state: 'TASK_STATE_COMPLETED' } });
  });
});
