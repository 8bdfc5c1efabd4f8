// Compiled by test/package/package.test.ts in an empty project, against the packed package.
import {
  type AgentConfig,
  type Bridge,
  type BridgeOptions,
  type BridgeRequestHandler,
  type CallContext,
  createA2AWorker,
  createBridge,
  defineAgents,
  loadAgents,
  type RunningServer,
  startServer,
  type Task,
  TaskNotFoundError,
  type TaskOperations,
  workflowInterceptorsPath,
} from 'temporal-a2a';
import { type TaskReporter, withTaskReporter } from 'temporal-a2a/activity';
import { type A2ATask, a2aTask, dataOf, type Message, type TaskStart, textOf } from 'temporal-a2a/workflow';

export async function agent(start: TaskStart): Promise<Task> {
  const task: A2ATask = a2aTask(start);
  const answer: Message = await task.ask('Well?');
  const stream = task.artifactStream({ name: 'words' });
  stream.end(`${textOf(answer)} ${String(dataOf(answer))}`);
  return task.complete();
}

export const report = (): Promise<void> =>
  withTaskReporter(async (reporter: TaskReporter) => {
    await reporter.working('half done');
  });

export async function serve(client: BridgeOptions['client']): Promise<RunningServer> {
  const agents: AgentConfig[] = [
    ...loadAgents('agents.yaml'),
    ...defineAgents([
      {
        id: 'a',
        name: 'A',
        description: 'An agent',
        skills: [{ id: 's', name: 'S', description: 'A skill' }],
        workflow: { type: 'agent' },
      },
    ]),
  ];
  const bridge: Bridge = await createBridge({ client, agents });
  const handler: BridgeRequestHandler = bridge.requestHandler({ agentId: 'a', url: 'http://localhost/a' });
  const operations: TaskOperations = bridge.operations;
  const call: CallContext = { agent: agents[0] as AgentConfig, owner: 'anna' };
  await operations.getTask({ id: 'none' }, call).catch((error: unknown) => {
    if (!(error instanceof TaskNotFoundError)) throw error;
  });
  // @ts-expect-error a port is a number
  bridge.listen({ port: '4000' });
  // @ts-expect-error a task has an ID
  await operations.getTask({}, call);
  void [handler, startServer, createA2AWorker, workflowInterceptorsPath];
  return bridge.listen();
}
