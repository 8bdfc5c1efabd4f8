// Compiled by test/package/package.test.ts in an empty project, against the packed package.
import { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import {
  A2APlugin,
  type AgentConfig,
  type Bridge,
  type BridgeOptions,
  type BridgeRequestHandler,
  CallbackInbox,
  type CallContext,
  createA2AWorker,
  createBridge,
  createCallActivities,
  defineAgents,
  type EncryptionKeys,
  encryptedDataConverter,
  loadAgents,
  type RunningServer,
  readEncryptionKeys,
  startServer,
  type Task,
  TaskNotFoundError,
  type TaskOperations,
  workflowInterceptorsPath,
} from 'temporal-a2a';
import { type TaskReporter, withTaskReporter } from 'temporal-a2a/activity';
import { A2AClient, type AgentCard, callAgent as callByScript } from 'temporal-a2a/client';
import {
  type A2ATask,
  type AgentAnswer,
  a2aTask,
  answerParts,
  answerText,
  CALL_FAILURES,
  type CallOptions,
  callAgent,
  dataOf,
  isCallFailure,
  type Message,
  type MessageInit,
  type Part,
  type RemoteAgent,
  type TaskStart,
  textOf,
} from 'temporal-a2a/workflow';

export async function agent(start: TaskStart): Promise<Task> {
  const task: A2ATask = a2aTask(start);
  const answer: Message = await task.ask('Well?');
  const stream = task.artifactStream({ name: 'words' });
  stream.end(`${textOf(answer)} ${String(dataOf(answer))}`);
  return task.complete();
}

/** No agent, and calls some. */
export async function calling(text: string): Promise<{ said: string; parts: Part[] }> {
  const partner: RemoteAgent = {
    url: 'https://partner.example/',
    credentials: [{ value: 'env:PARTNER_KEY' }],
  };
  const options: CallOptions = { waiting: 'webhook', relay: 'none', timeout: '1 hour' };
  const message: MessageInit = { parts: text, metadata: { priority: 1 } };
  try {
    const answer: AgentAnswer = await callAgent(partner, message, options);
    return { said: answerText(answer), parts: answerParts(answer) };
  } catch (error) {
    if (!isCallFailure(error) || error.type !== CALL_FAILURES.TASK_STATE_REJECTED) throw error;
    const { agent: by, task } = error.details[0];
    const other: AgentAnswer = await callAgent('echo', `${by} rejected ${task.id}`);
    // @ts-expect-error a target is an ID, a URL or a RemoteAgent
    await callAgent(5, 'text');
    return { said: answerText(other), parts: [] };
  }
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
  const callbacks = new CallbackInbox(client, 'sixteen characters');
  const bridge: Bridge = await createBridge({ client, agents, callbacks, push: { taskQueue: 'push' } });
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
  const keys: EncryptionKeys | undefined = readEncryptionKeys();
  const dataConverter = keys && encryptedDataConverter(keys);
  const plugins = [new A2APlugin({ agents, push: true, ...(dataConverter && { dataConverter }) })];
  const activities = createCallActivities({ agents });
  const worker = () => Worker.create({ taskQueue: 'own', activities, plugins });
  const other = () => createA2AWorker({ taskQueue: 'a2a', maxCachedWorkflows: 10, agents, push: true });
  const connected = () => new Client({ plugins });
  const replay = () => Worker.runReplayHistory({ workflowsPath: './workflows', plugins }, {});
  void [handler, startServer, workflowInterceptorsPath, worker, other, connected, replay];
  return bridge.listen();
}

export async function script(): Promise<string> {
  const card: AgentCard = await new A2AClient('https://partner.example', 'key').getAgentCard();
  return callByScript(String(card.url), 'hello', { apiKey: 'key' });
}
