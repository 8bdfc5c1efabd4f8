import { setMaxListeners } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { type WorkflowClient, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { DIALECT_MEMO, MESSAGE_SIGNAL, START_HEADER, type TaskStart } from '../a2a/contract';
import {
  InvalidParamsError,
  PushNotificationNotSupportedError,
  UnsupportedOperationError,
  unavailable,
} from '../a2a/errors';
import { toKeyword } from '../a2a/keyword';
import { MAX_PAYLOAD_BYTES, payloadBytes, tooLarge } from '../a2a/limits';
import { initialTask, isInterrupted, isTerminal } from '../a2a/task-update';
import type { Message, SendMessageRequest, SendMessageResponse, Task } from '../a2a/types';
import { startAttributes } from '../temporal/task-attributes';
import type { AnswerTimes } from './answer-times';
import { foldHistory, type HistoryStep, readFirstEvent } from './history';
import { assertContentTypes, workflowInput } from './message-input';
import { readTaskStart } from './projection';
import type { PushConfigs } from './push-configs';
import { type Beginning, foldShortHistory } from './short-history';
import { withStartHeaders } from './start-headers';
import { type TaskFactsCache, taskNotFound } from './task-facts';
import type { From, TaskFollower } from './task-follower';
import { messageRequestId, taskIds } from './task-id';
import { StepStream } from './task-stream';
import { limitHistory } from './task-view';
import {
  abortable,
  fromTemporal,
  GRPC,
  isGrpcError,
  POLL_MARGIN_MS,
  type TemporalCalls,
} from './temporal-calls';
import type { CallContext, TaskStream } from './types';

export interface SenderOptions {
  calls: TemporalCalls;
  workflows: WorkflowClient;
  facts: TaskFactsCache;
  follower: TaskFollower;
  answers: AnswerTimes;
  /** Task queues with a worker in this process on the same connection, which can begin at once. */
  eagerTaskQueues: ReadonlySet<string>;
  /** Without it, a message that brings a push notification config is refused. */
  push: PushConfigs | undefined;
  /** The Task as it is, for a caller that may see it. */
  currentTask: (taskId: string, call: CallContext) => Promise<Task>;
}

/** The message is in Temporal's hands; the answer comes from following the task. */
interface Sent {
  taskId: string;
  from: From;
  /** This call has started it. */
  fresh?: Beginning;
  /** The Task right after, for those who do not wait. */
  task: () => Promise<Task>;
  sentAt: number;
}

/** Send Message and Send Streaming Message (specification sections 3.1.1 and 3.1.2). */
export class Sender {
  constructor(private readonly options: SenderOptions) {}

  async sendMessage(request: SendMessageRequest, call: CallContext): Promise<SendMessageResponse> {
    const { historyLength, returnImmediately } = request.configuration ?? {};
    const sent = await this.deliver(request, call);
    // An agent that answers with a Message has nothing to return before that (section 3.2.2).
    if (returnImmediately === true && call.agent.answers === 'task') {
      return { task: limitHistory(await sent.task(), historyLength) };
    }
    const { task, answer } = await this.answer(sent, call);
    if (answer !== undefined) return { message: { ...answer, contextId: task.contextId } };
    return { task: limitHistory(task, historyLength) };
  }

  async sendStreamingMessage(request: SendMessageRequest, call: CallContext): Promise<TaskStream> {
    const sent = await this.deliver(request, call);
    const { from, fresh } = sent;
    const steps = await this.options.follower.follow(sent.taskId, { from, fresh: fresh !== undefined });
    return new StepStream(steps, {
      startsWithTask: true,
      endsForInput: true,
      holdsForMessage: call.agent.answers === 'message',
      ...(call.signal && { signal: call.signal }),
    });
  }

  private async deliver(request: SendMessageRequest, call: CallContext): Promise<Sent> {
    assertContentTypes(request.message, call.agent);
    const bytes = payloadBytes(request.message) + payloadBytes(request.metadata ?? {});
    if (bytes > MAX_PAYLOAD_BYTES) {
      throw new InvalidParamsError([{ field: 'message', description: tooLarge('the message', bytes) }]);
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
    };
    const sentAt = Date.now();
    let runId: string;
    try {
      runId = await this.startWorkflow(start, call);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      return this.sentBefore(ids.id, request, call);
    }
    this.options.facts.remember(ids.id, {
      agentId: agent.id,
      owner: toKeyword(owner),
      contextId: ids.contextId,
      speaksA2A: agent.workflow.input === undefined,
      taskQueue: agent.workflow.taskQueue,
      ...(call.dialect !== undefined && { dialect: call.dialect }),
    });
    await this.beginPush(ids.id, request, call, true);
    const task = initialTask(ids, message, new Date(sentAt).toISOString());
    return { taskId: ids.id, from: 'start', fresh: { runId, task }, task: async () => task, sentAt };
  }

  /** Returns the ID of the run. */
  private async startWorkflow(start: TaskStart, { agent, owner, dialect }: CallContext): Promise<string> {
    const { workflows, calls, eagerTaskQueues } = this.options;
    const { type, taskQueue, input, executionTimeout, runTimeout, taskTimeout, retry } = agent.workflow;
    const headers = input === undefined ? {} : { [START_HEADER]: await calls.payloads.encode(start) };
    const handle = await withStartHeaders(headers, () =>
      workflows.withDeadline(Date.now() + 5_000, () =>
        workflows.start(type, {
          workflowId: start.task.id,
          taskQueue,
          args: [input === undefined ? start : workflowInput(start.message, input)],
          workflowIdConflictPolicy: 'FAIL',
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          typedSearchAttributes: startAttributes(start, toKeyword(owner), input === undefined),
          ...(dialect !== undefined && { memo: { [DIALECT_MEMO]: dialect } }),
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
    const known = first && (await readTaskStart(calls.payloads, first));
    if (known !== undefined) assertSameMessage(known.start.message, request.message);
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
    const task = await this.options.currentTask(taskId, call);
    const known = task.history?.find((earlier) => earlier.messageId === messageId);
    if (known !== undefined) {
      assertSameMessage(known, message);
    } else {
      if (isTerminal(task.status.state))
        throw noFurtherMessages(taskId, `it has ended as ${task.status.state}`);
      if (!facts.speaksA2A) throw noFurtherMessages(taskId, 'its agent takes one message for each task');
      const config = request.configuration?.taskPushNotificationConfig;
      // Before the message, of which it is to tell.
      if (config !== undefined) await this.options.push?.add(taskId, config, call);
      await this.sendSignal(taskId, message, call);
    }
    const sentAt = Date.now();
    const from = { messageId };
    return { taskId, from, task: () => this.options.currentTask(taskId, call), sentAt };
  }

  private async sendSignal(taskId: string, message: Message, call: CallContext): Promise<void> {
    const { calls } = this.options;
    const payload = await calls.payloads.encode(message);
    try {
      await calls.call((service) =>
        service.signalWorkflowExecution({
          namespace: calls.namespace,
          workflowExecution: { workflowId: taskId },
          signalName: MESSAGE_SIGNAL,
          input: { payloads: [payload] },
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

  /** Waits for a terminal or interrupted state behind the message. */
  private async answer(sent: Sent, call: CallContext): Promise<Pick<HistoryStep, 'task' | 'answer'>> {
    const { answers, facts } = this.options;
    const { agent, signal = never } = call;
    try {
      const plain = agent.workflow.input !== undefined;
      const { fresh } = sent;
      const patience = plain ? MAX_WAIT_MS : answers.patience(agent.id);
      const answer =
        (fresh && patience > 0 ? await this.awaitClose(fresh, patience, signal) : undefined) ??
        (await this.followToAnswer(sent, signal));
      answers.record(agent.id, Date.now() - sent.sentAt, isInterrupted(answer.task.status.state));
      return answer;
    } catch (error) {
      if (isGrpcError(error, GRPC.NOT_FOUND)) {
        facts.forget(sent.taskId);
        throw taskNotFound(sent.taskId);
      }
      throw fromTemporal(error);
    }
  }

  /** Waits for the closing event alone. Undefined when that takes longer than `patience`, or no slot is free. */
  private async awaitClose(fresh: Beginning, patience: number, signal: AbortSignal) {
    const { calls, follower } = this.options;
    const taskId = fresh.task.id;
    const execution = { workflowId: taskId, runId: fresh.runId };
    const timeoutMs = patience + POLL_MARGIN_MS;
    const poll = () => calls.pollHistory(execution, { signal, closeEventOnly: true, timeoutMs });
    try {
      const page = await abortable(follower.pollSlots.use(poll), signal);
      const closing = page?.history?.events?.at(-1);
      if (!closing) return undefined;
      const short = await foldShortHistory(calls, fresh, closing);
      if (short !== undefined) return short;
      const fold = await foldHistory(calls, { workflowId: taskId });
      return fold.ended && fold.task
        ? { task: fold.task, ...(fold.answer && { answer: fold.answer }) }
        : undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      // Out of patience, or Temporal is away: the feed knows how to go on.
      return undefined;
    }
  }

  private async followToAnswer(
    sent: Sent,
    signal: AbortSignal,
  ): Promise<Pick<HistoryStep, 'task' | 'answer'>> {
    const { from, fresh } = sent;
    const steps = await this.options.follower.follow(sent.taskId, { from, fresh: fresh !== undefined });
    const abandon = () => void steps.return?.();
    signal.addEventListener('abort', abandon, { once: true });
    if (signal.aborted) abandon();
    try {
      let last: HistoryStep | undefined;
      for await (const step of steps) {
        // The first step is the Task with the message in it, which may still show an earlier question.
        const news = last !== undefined;
        last = step;
        if (step.ended || (news && step.update !== undefined && isQuestion(step))) return step;
      }
      signal.throwIfAborted();
      if (last === undefined) throw unavailable('This server is stopping; send the message again');
      return last;
    } finally {
      signal.removeEventListener('abort', abandon);
      await steps.return?.();
    }
  }
}

/** A workflow that knows nothing of A2A cannot stop for its client, so only its end is waited for. */
const MAX_WAIT_MS = 20_000;

/** For callers that do not go away. */
const never = new AbortController().signal;
setMaxListeners(0, never);

function isQuestion({ update, task }: HistoryStep): boolean {
  return update !== undefined && 'statusUpdate' in update && isInterrupted(task.status.state);
}

function noFurtherMessages(taskId: string, why: string): UnsupportedOperationError {
  return new UnsupportedOperationError({
    message: `Task ${taskId} takes no further messages: ${why}`,
    metadata: { taskId },
  });
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
