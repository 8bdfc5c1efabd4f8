import type { Duration } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time';
import {
  ActivityCancellationType,
  ApplicationFailure,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { Content } from '../a2a/parts';
import type { Message, Struct, Task } from '../a2a/types';
import type { ModelDefinition } from '../config/model';
import type { TaskStart } from '../contract/contract';
import { maxPayloadBytes, payloadBytes } from '../contract/limits';
import { payloadMode } from './payload-mode';
import {
  estimateTokens,
  type ModelActivities,
  type ModelMessage,
  type ModelReply,
  type ModelTool,
} from '../contract/model-call';
import { modelText } from '../contract/model-text';
import { summaryOf } from '../contract/summary';
import { taskAttributes } from '../contract/task-attributes';
import { type A2ATask, a2aTask } from './a2a-task';
import { WorkClock } from './model-clock';
import { type Conversation, cutToBudget } from './model-conversation';
import { ModelTools } from './model-tools';
import type { AskOptions } from './calling-task';
import { parentTold } from './parent';

/** ID and name of the artifact that holds what the model answers. */
const ANSWER = 'answer';

/** What one run of the workflow hands to the next. */
interface ModelState extends Conversation {
  tools: ModelTool[];
  usage: Usage;
  usedMs: number;
}

/** Metadata `usage` of the task. */
interface Usage extends Struct {
  model: string;
  modelCalls: number;
  toolCalls: number;
  promptTokens: number;
  completionTokens: number;
  totalTokens: number;
}

/**
 * An agent from a prompt (docs/models.md): calls the model, calls the agents that the model asks for, and so on
 * until the model answers. Each call is a step that is not repeated once it has succeeded.
 */
export async function model(start: TaskStart, state?: ModelState): Promise<Task> {
  const task: A2ATask = a2aTask(start);
  const definition = start.definition as unknown as ModelDefinition | undefined;
  if (definition?.model === undefined) task.fail(`The agent ${start.agentId} has no model in its definition`);
  const { time } = definition.limits;
  const clock = new WorkClock(msToNumber(time as Duration), state?.usedMs);
  return clock.limit(
    async () => {
      const known = state === undefined ? await prepare(task, definition) : resumed(task, state);
      return new ModelLoop(start, task, definition, clock, known).run();
    },
    () => failure('MODEL_TIME_LIMIT', `The model's work took longer than ${time} (limits.time)`),
  );
}

/** Learns of tools and of earlier tasks, once a task. */
async function prepare(task: A2ATask, definition: ModelDefinition): Promise<ModelState> {
  task.working();
  const messages = [firstMessage(task)];
  const budget = budgetFor(definition, []);
  // Refuses a message that is too large, before anything is asked of anyone.
  cutToBudget({ memory: [], messages }, budget);
  const [tools, memory] = await Promise.all([
    describeTools(task, definition),
    recall(task, definition, budget),
  ]);
  const { model: name } = definition;
  const usage = {
    model: name,
    modelCalls: 0,
    toolCalls: 0,
    promptTokens: 0,
    completionTokens: 0,
    totalTokens: 0,
  };
  return { tools, memory, messages, usage, usedMs: 0 };
}

function firstMessage(task: A2ATask): ModelMessage {
  return { role: 'user', content: modelText(task.message.parts) };
}

/** The message that made the task may be large, and is handed on with the task already. */
function resumed(task: A2ATask, state: ModelState): ModelState {
  return { ...state, messages: [firstMessage(task), ...state.messages] };
}

async function describeTools(task: A2ATask, { tools }: ModelDefinition): Promise<ModelTool[]> {
  if (tools.length === 0) return [];
  // No local activity: beside a timer that is cancelled soon after, those do not always replay.
  const activities = proxyActivities<Pick<ModelActivities, 'describeTools'>>({
    startToCloseTimeout: '1 minute',
    retry: { maximumAttempts: 5 },
    summary: 'What the tools of the model are',
  });
  return activities.describeTools(tools as Parameters<ModelActivities['describeTools']>[0], task.agentId);
}

async function recall(task: A2ATask, definition: ModelDefinition, tokens: number): Promise<ModelMessage[]> {
  const attributes = workflowInfo().typedSearchAttributes;
  const [agentId, contextId, owner] = [
    attributes.get(taskAttributes.agent),
    attributes.get(taskAttributes.context),
    attributes.get(taskAttributes.owner),
  ];
  if (!definition.memory || agentId === undefined || contextId === undefined || owner === undefined)
    return [];
  const { recallContext } = proxyActivities<Pick<ModelActivities, 'recallContext'>>({
    startToCloseTimeout: '1 minute',
    retry: { maximumAttempts: 5 },
    summary: 'Earlier tasks of the context',
  });
  return recallContext({ agentId, contextId, owner, taskId: task.id, tokens });
}

class ModelLoop {
  private readonly callModel: ModelActivities['callModel'];
  private readonly tools: ModelTools;

  constructor(
    private readonly start: TaskStart,
    private readonly task: A2ATask,
    private readonly definition: ModelDefinition,
    private readonly clock: WorkClock,
    private readonly state: ModelState,
  ) {
    this.callModel = proxyActivities<Pick<ModelActivities, 'callModel'>>({
      startToCloseTimeout: definition.callTimeout as Duration,
      heartbeatTimeout: '10 seconds',
      // The task ends at once; the request is aborted with the next heartbeat.
      cancellationType: ActivityCancellationType.TRY_CANCEL,
      retry: { initialInterval: '1s', maximumInterval: '1m', maximumAttempts: definition.maximumAttempts },
      summary: summaryOf(`Model ${definition.model}`),
    }).callModel;
    this.tools = new ModelTools({
      tools: state.tools,
      definition,
      ask: (question, options) => this.ask(question, options),
    });
  }

  async run(): Promise<Task> {
    const { task, state } = this;
    for (;;) {
      await this.readFurtherMessages();
      const reply = await this.turn();
      // Nothing is left to wait for between the look for further messages and the end.
      await parentTold();
      if (reply.toolCalls.length === 0 && !this.task.hasNextMessage) return this.complete(reply);
      this.remember(reply);
      // Metadata apart from the text, which an agent that has called this one may show as its own.
      task.working(undefined, { metadata: this.metadata() });
      if (reply.text !== '') task.working(reply.text);
      this.assertMayGoOn();
      if (reply.toolCalls.length > 0) {
        state.usage.toolCalls += reply.toolCalls.length;
        state.messages.push(...(await this.tools.run(reply.toolCalls)));
      }
      if (task.continueAsNewSuggested) await this.continueAsNew();
    }
  }

  /** Does nothing when the task is too large to be handed on; its run can still grow a good deal. */
  private async continueAsNew(): Promise<void> {
    const { memory, messages } = this.cut();
    const next = { ...this.state, memory, messages: messages.slice(1), usedMs: this.clock.usedMs };
    // Temporal's limit is for both arguments together.
    if (payloadBytes([{ ...this.start, task: this.task.task }, next]) > maxPayloadBytes(payloadMode()))
      return;
    await this.task.continueAsNew(next);
  }

  private async turn(): Promise<ModelReply> {
    const { definition, state } = this;
    const { usage } = state;
    Object.assign(state, this.cut());
    const { baseUrl, model: name, apiKey, temperature, maxTokens, parameters, systemPrompt } = definition;
    const system: ModelMessage[] =
      systemPrompt === undefined ? [] : [{ role: 'system', content: systemPrompt }];
    const reply = await this.callModel({
      endpoint: {
        baseUrl,
        model: name,
        ...(apiKey !== undefined && { apiKey }),
        ...(temperature !== undefined && { temperature }),
        ...(maxTokens !== undefined && { maxTokens }),
        ...(parameters !== undefined && { parameters: parameters as Struct }),
      },
      messages: [...system, ...state.memory, ...state.messages],
      tools: state.tools.map(({ name: tool, description }) => ({ name: tool, description })),
      askUser: definition.askUser,
      artifactId: ANSWER,
    });
    usage.modelCalls += 1;
    usage.promptTokens += reply.usage.promptTokens;
    usage.completionTokens += reply.usage.completionTokens;
    usage.totalTokens += reply.usage.totalTokens;
    if (reply.usage.estimated === true) usage.estimated = true;
    if (reply.finishReason === 'content_filter') {
      this.task.working(undefined, { metadata: this.metadata() });
      throw failure('MODEL_FILTERED', `The answer of the model ${name} was held back by its content filter`);
    }
    return reply;
  }

  private complete({ text, finishReason }: ModelReply): Task {
    // An earlier turn may have left text in the artifact, which then is not the answer.
    const empty = text === '' ? [{ artifactId: ANSWER, name: ANSWER, parts: '' }] : [];
    const metadata = { ...this.metadata(), ...(finishReason === 'length' && { finishReason }) };
    return { ...this.task.complete({ artifacts: empty }), metadata };
  }

  private remember({ text, toolCalls, carried }: ModelReply): void {
    this.state.messages.push({
      role: 'assistant',
      content: text === '' && toolCalls.length > 0 ? null : text,
      ...carried,
      ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
    });
  }

  private cut(): Conversation {
    const { memory, messages, tools } = this.state;
    return cutToBudget({ memory, messages }, budgetFor(this.definition, tools));
  }

  private assertMayGoOn(): void {
    const { modelCalls, totalTokens } = this.state.usage;
    const { turns, totalTokens: tokens } = this.definition.limits;
    if (modelCalls >= turns) {
      throw failure(
        'MODEL_TURN_LIMIT',
        `The model has not come to an end in ${modelCalls} turns (limits.turns)`,
      );
    }
    if (totalTokens >= tokens) {
      throw failure(
        'MODEL_TOKEN_LIMIT',
        `The model has used ${totalTokens} tokens without coming to an end; the limit is ${tokens} (limits.totalTokens)`,
      );
    }
  }

  private metadata(): Struct {
    return { usage: { ...this.state.usage } };
  }

  private ask(question: Content, options?: AskOptions): Promise<Message> {
    return this.clock.pause(() => this.task.ask(question, options));
  }

  /** The client may say something while nobody has asked. */
  private async readFurtherMessages(): Promise<void> {
    while (this.task.hasNextMessage) {
      const { parts } = await this.task.nextMessage();
      this.state.messages.push({ role: 'user', content: modelText(parts) });
    }
  }
}

/** Tokens for the conversation beside the system prompt and the tools. */
function budgetFor(definition: ModelDefinition, tools: readonly ModelTool[]): number {
  const fixed = [definition.systemPrompt ?? '', tools.map(({ name, description }) => [name, description])];
  return definition.contextTokens - estimateTokens(fixed);
}

function failure(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type);
}
