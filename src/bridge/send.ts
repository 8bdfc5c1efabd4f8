import { isDeepStrictEqual } from 'node:util';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { isOverQuota, isTaskNotFound } from '../a2a/error-reason';
import {
  InvalidParamsError,
  PushNotificationNotSupportedError,
  UnsupportedOperationError,
} from '../a2a/errors';
import { ANSWERED_FIELD, answeredQuestion, openQuestions } from '../a2a/open-questions';
import { initialTask, isTerminal } from '../a2a/task-update';
import type { Message, SendMessageRequest, SendMessageResponse, Task } from '../a2a/types';
import { isPlain } from '../contract/agent-call';
import {
  DIALECT_MEMO,
  MESSAGE_SIGNAL,
  QUESTIONS_HEADER,
  START_HEADER,
  type TaskStart,
} from '../contract/contract';
import { toKeyword } from '../contract/keyword';
import { MAX_PAYLOAD_BYTES, maxPayloadBytes, payloadBytes, tooLarge } from '../contract/limits';
import type { PayloadMode } from '../contract/payload-mode';
import { writeSeenQuestions } from '../contract/seen-questions';
import { startMemo } from '../contract/memo-summary';
import { taskSummary } from '../contract/summary';
import { startAttributes } from '../contract/task-attributes';
import type { AnswerWaiter, SentMessage } from './answer-waiter';
import { priorityOf } from './fairness';
import { limitHistory } from './history-length';
import { assertContentTypes, assertPartUrls, workflowInput } from './message-input';
import type { OpenCounts } from './open-counts';
import type { ProblemWatch } from './problem-watch';
import type { PushConfigs } from './push-configs';
import { shownBy } from './repeat-answer';
import { readFirstEvent } from './runs';
import { withStartHeaders } from './start-headers';
import type { TaskFactsCache } from './task-facts';
import { messageOf, type TaskFollower } from './task-follower';
import { messageRequestId, taskIds } from './task-id';
import type { CurrentTask } from './task-reader';
import { readTaskStart } from './task-start';
import { StepStream } from './task-stream';
import { traceHeader } from './trace-headers';
import { fromTemporal, GRPC, isGrpcError, type TemporalCalls } from './temporal-calls';
import type { CallContext, TaskStream } from './types';

/** Time in ms that Temporal has to start a workflow. */
const START_TIMEOUT_MS = 4_000;

export interface SenderOptions {
  calls: TemporalCalls;
  facts: TaskFactsCache;
  follower: TaskFollower;
  answers: AnswerWaiter;
  /** Task queues with a worker in this process on the same connection, which can begin at once. */
  eagerTaskQueues: ReadonlySet<string>;
  /** Without it, a message that brings a push notification config is refused. */
  push: PushConfigs | undefined;
  counts: OpenCounts;
  /** For the reader of a stream. */
  watch: (taskId: string, call: CallContext) => ProblemWatch;
  /** The Task as it is, for a caller that may see it. */
  currentTask: CurrentTask;
}

interface Sent extends SentMessage {
  /** The Task right after, for those who do not wait. */
  task: () => Promise<Task>;
}

/** Send Message and Send Streaming Message (specification sections 3.1.1 and 3.1.2). */
export class Sender {
  constructor(private readonly options: SenderOptions) {}

  async sendMessage(request: SendMessageRequest, call: CallContext): Promise<SendMessageResponse> {
    const { historyLength, returnImmediately } = request.configuration ?? {};
    const shown = shownBy(call.agent);
    const sent = await this.deliver(request, call);
    // An agent that answers with a Message has nothing to return before that (section 3.2.2).
    if (returnImmediately === true && call.agent.answers === 'task') {
      return { task: limitHistory(shown.task(await sent.task()), historyLength) };
    }
    const { task, answer } = await this.options.answers.wait(sent, call);
    if (answer !== undefined) return { message: { ...answer, contextId: task.contextId } };
    return { task: limitHistory(shown.task(task), historyLength) };
  }

  async sendStreamingMessage(request: SendMessageRequest, call: CallContext): Promise<TaskStream> {
    const sent = await this.deliver(request, call);
    const { from, fresh } = sent;
    const steps = await this.options.follower.follow(sent.taskId, { from, fresh });
    const stream = new StepStream(steps, {
      startsWithTask: true,
      endsForInput: true,
      messageId: messageOf(from),
      holdsForMessage: call.agent.answers === 'message',
      problems: this.options.watch(sent.taskId, call),
      ...(call.signal && { signal: call.signal }),
    });
    return shownBy(call.agent).stream(stream);
  }

  private async deliver(request: SendMessageRequest, call: CallContext): Promise<Sent> {
    assertContentTypes(request.message, call.agent);
    assertPartUrls(request.message, call.agent);
    const bytes = payloadBytes(request.message) + payloadBytes(request.metadata ?? {});
    const max = maxPayloadBytes(this.options.calls.payloads.mode);
    if (bytes > max) {
      throw new InvalidParamsError([
        { field: 'message', description: tooLarge('the message', bytes, { max }) },
      ]);
    }
    await this.checkPush(request, call);
    try {
      const { taskId } = request.message;
      return taskId === undefined
        ? await this.start(request, call)
        : await this.signal(request, taskId, call);
    } catch (error) {
      throw fromTemporal(error);
    }
  }

  /**
   * Before anything is sent: a client that asks for notifications must not wait for some that never come.
   * @throws PushNotificationNotSupportedError, InvalidParamsError
   */
  private async checkPush({ configuration }: SendMessageRequest, { agent }: CallContext): Promise<void> {
    const config = configuration?.taskPushNotificationConfig;
    if (config === undefined) return;
    if (this.options.push === undefined || !agent.pushNotifications) {
      throw new PushNotificationNotSupportedError();
    }
    await this.options.push.check(config);
  }

  /**
   * After the start, so that nothing is left over from a message that made no task; and again when the message
   * comes again, since the node that it came to before may have gone in between.
   */
  private async beginPush(
    taskId: string,
    { configuration }: SendMessageRequest,
    call: CallContext,
    fresh: boolean,
  ): Promise<void> {
    const config = configuration?.taskPushNotificationConfig;
    if (config !== undefined) await this.options.push?.begin(taskId, config, call, fresh);
  }

  private async start(request: SendMessageRequest, call: CallContext): Promise<Sent> {
    const { agent, owner } = call;
    const { message, metadata, configuration } = request;
    const ids = taskIds(agent.id, owner, message, call.newTaskId);
    const start: TaskStart = {
      task: ids,
      agentId: agent.id,
      message,
      ...(metadata !== undefined && { metadata }),
      ...(configuration?.acceptedOutputModes?.length && {
        acceptedOutputModes: configuration.acceptedOutputModes,
      }),
      ...(agent.definition !== undefined && { definition: agent.definition }),
      ...(agent.definition !== undefined && this.options.calls.payloads.encodes && { encodesPayloads: true }),
    };
    const sentAt = Date.now();
    let runId: string;
    try {
      runId = await this.options.counts.within(call, opens(request), () => this.startWorkflow(start, call));
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError)
        return this.sentBefore(ids.id, request, call);
      // A message that comes again makes nothing new.
      if (!isOverQuota(error)) throw error;
      return this.sentBefore(ids.id, request, call).catch((found: unknown) => {
        throw isTaskNotFound(found) ? error : found;
      });
    }
    this.options.facts.remember(ids.id, {
      agentId: agent.id,
      owner: toKeyword(owner),
      contextId: ids.contextId,
      plain: isPlain(agent.workflow),
      taskQueue: agent.workflow.taskQueue,
      ...(call.dialect !== undefined && { dialect: call.dialect }),
    });
    await this.beginPush(ids.id, request, call, true);
    const task = initialTask(ids, message, new Date(sentAt).toISOString());
    return {
      taskId: ids.id,
      from: 'start',
      fresh: { runId, agentId: agent.id, task },
      task: async () => task,
      sentAt,
    };
  }

  /** Returns the ID of the run. */
  private async startWorkflow(start: TaskStart, { agent, owner, dialect }: CallContext): Promise<string> {
    const { calls, eagerTaskQueues } = this.options;
    const { workflows } = calls;
    const { type, taskQueue, input, executionTimeout, runTimeout, taskTimeout, retry } = agent.workflow;
    const headers = input === undefined ? {} : { [START_HEADER]: await calls.payloads.encode(start) };
    const handle = await withStartHeaders(headers, () =>
      calls.within(START_TIMEOUT_MS + storingMs(calls.payloads.mode, start.message), () =>
        workflows.start(type, {
          workflowId: start.task.id,
          taskQueue,
          args: [input === undefined ? start : workflowInput(start.message, input)],
          workflowIdConflictPolicy: 'FAIL',
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          typedSearchAttributes: startAttributes(start, toKeyword(owner), isPlain(agent.workflow)),
          ...taskSummary(start, owner),
          memo: { ...startMemo(start.message), ...(dialect !== undefined && { [DIALECT_MEMO]: dialect }) },
          priority: priorityOf({ agent, owner }),
          requestEagerStart: eagerTaskQueues.has(taskQueue),
          ...(executionTimeout !== undefined && { workflowExecutionTimeout: executionTimeout as '1s' }),
          ...(runTimeout !== undefined && { workflowRunTimeout: runTimeout as '1s' }),
          ...(taskTimeout !== undefined && { workflowTaskTimeout: taskTimeout as '1s' }),
          ...(retry !== undefined && { retry: retry as Record<string, never> }),
        }),
      ),
    );
    return handle.firstExecutionRunId;
  }

  /** The client did not hear the answer, and asks again. */
  private async sentBefore(taskId: string, request: SendMessageRequest, call: CallContext): Promise<Sent> {
    await this.options.facts.require(taskId, call);
    const { calls } = this.options;
    const first = await readFirstEvent(calls, { workflowId: taskId });
    const known = first && (await readTaskStart(calls.payloads, taskId, first));
    if (known?.kind === 'value') assertSameMessage(known.start.message, request.message);
    await this.beginPush(taskId, request, call, false);
    return {
      taskId,
      from: 'start',
      task: () => this.options.currentTask(taskId, call),
      sentAt: Date.now(),
    };
  }

  private async signal(request: SendMessageRequest, taskId: string, call: CallContext): Promise<Sent> {
    const { message } = request;
    const { messageId, contextId } = message;
    const facts = await this.options.facts.require(taskId, call);
    if (contextId !== undefined && contextId !== facts.contextId) {
      throw new InvalidParamsError([
        { field: 'message.contextId', description: `task ${taskId} belongs to another context` },
      ]);
    }
    // Nothing is refused for an end that a reset may just have undone.
    const task = await this.options.currentTask(taskId, call, 0);
    const known = task.history?.find((earlier) => earlier.messageId === messageId);
    if (known !== undefined) {
      assertSameMessage(known, message);
    } else {
      if (isTerminal(task.status.state))
        throw noFurtherMessages(taskId, `it has ended as ${task.status.state}`);
      const open = openQuestions(task.metadata).map(({ id }) => id);
      assertAnswers(message, open);
      if (facts.plain) throw noFurtherMessages(taskId, 'its agent takes one message for each task');
      const config = request.configuration?.taskPushNotificationConfig;
      // Before the message, of which it is to tell.
      if (config !== undefined) await this.options.push?.add(taskId, config, call);
      await this.sendSignal(taskId, message, open, call);
    }
    const sentAt = Date.now();
    const from = { messageId };
    return { taskId, from, task: () => this.options.currentTask(taskId, call), sentAt };
  }

  /** @param open IDs of the questions that it may answer, also when a reset has it come before they are asked again */
  private async sendSignal(
    taskId: string,
    message: Message,
    open: string[],
    call: CallContext,
  ): Promise<void> {
    const { calls } = this.options;
    const payload = await calls.payloads.encode(message, taskId);
    const fields = {
      ...(open.length > 0 && { [QUESTIONS_HEADER]: writeSeenQuestions(open) }),
      ...traceHeader(calls.tracing),
    };
    try {
      await calls.call((service) =>
        service.signalWorkflowExecution({
          namespace: calls.namespace,
          workflowExecution: { workflowId: taskId },
          signalName: MESSAGE_SIGNAL,
          input: { payloads: [payload] },
          ...(Object.keys(fields).length > 0 && { header: { fields } }),
          requestId: messageRequestId(taskId, message.messageId),
          identity: calls.client.options.identity,
        }),
      );
    } catch (error) {
      if (!isGrpcError(error, GRPC.NOT_FOUND)) throw error;
      // It ended between our look and our message.
      const { status } = await this.options.currentTask(taskId, call);
      throw noFurtherMessages(taskId, `it has ended as ${status.state}`);
    }
  }
}

/** What a first message makes that is counted. */
function opens({ configuration }: SendMessageRequest) {
  const webhook = configuration?.taskPushNotificationConfig !== undefined;
  return webhook ? (['openTasks', 'webhooks'] as const) : (['openTasks'] as const);
}

function noFurtherMessages(taskId: string, why: string): UnsupportedOperationError {
  return new UnsupportedOperationError({
    message: `Task ${taskId} takes no further messages: ${why}`,
    metadata: { taskId },
  });
}

/** @throws InvalidParamsError when the message names a question that a task with open questions does not ask */
function assertAnswers(message: Message, open: readonly string[]): void {
  const named = answeredQuestion(message);
  if (named === undefined || open.length === 0 || open.includes(named)) return;
  const description = `is no open question of the task; open are: ${open.join(', ')}`;
  throw new InvalidParamsError([{ field: `message.metadata.${ANSWERED_FIELD}`, description }]);
}

/** @throws InvalidParamsError when one message ID stands for two messages */
function assertSameMessage(known: Message, message: Message): void {
  const content = ({ taskId: _, contextId: __, ...rest }: Message) =>
    JSON.parse(JSON.stringify(rest)) as unknown;
  if (!isDeepStrictEqual(content(known), content(message))) {
    throw new InvalidParamsError([
      {
        field: 'message.messageId',
        description: 'was used before for a message with other content; give each message an ID of its own',
      },
    ]);
  }
}

/** Time in ms that a large message takes to be encoded and stored, before Temporal is called: half a second for each MB. */
function storingMs(mode: PayloadMode, message: Message): number {
  if (mode !== 'stored') return 0;
  const bytes = payloadBytes(message);
  return bytes > MAX_PAYLOAD_BYTES ? bytes / 2_000 : 0;
}
