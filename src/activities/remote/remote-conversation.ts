import { setTimeout as wait } from 'node:timers/promises';
import { applyUpdate, isInterrupted, isTerminal, sameStatus, type TaskUpdate } from '../../a2a/task-update';
import type { SendMessageRequest, StreamResponse, Task } from '../../a2a/types';
import type { RemoteAnswer, RemoteCall } from '../../contract/agent-call';
import { MAX_PAYLOAD_BYTES, payloadBytes } from '../../contract/limits';
import type { CallProgress } from './call-progress';
import { isRemoteFault, RemoteFault, toFault } from './fault';
import type { TaskRelay } from './relay';
import { badAnswer } from './wire/answers';
import type { RemoteClient, RemoteEvent } from './wire/remote-client';

/** How a task is waited for; times in ms. */
export interface WaitingOptions {
  poll: { firstMs: number; mostMs: number };
  /** Between looks at a task whose end a webhook will tell. */
  webhook: { firstMs: number; mostMs: number };
  /** Streams in a row that broke early, after which the rest is polled. */
  brokenStreams: number;
  /** A stream that lasted this long did not break early. */
  lastingStreamMs: number;
  /** Failed looks in a row, after which the attempt fails. */
  failedPolls: number;
}

export const WAITING: WaitingOptions = {
  poll: { firstMs: 200, mostMs: 10_000 },
  webhook: { firstMs: 5_000, mostMs: 60_000 },
  brokenStreams: 4,
  lastingStreamMs: 10_000,
  failedPolls: 5,
};

export interface ConversationOptions {
  call: RemoteCall;
  client: RemoteClient;
  /** Whether the card offers streams. */
  streaming: boolean;
  /** The agent is to call back here; then an answer is the Task as it is. */
  push: { url: string; token: string } | undefined;
  relay: TaskRelay;
  waiting: WaitingOptions;
  signal: AbortSignal;
  /** Something became known that a retry should start from. */
  onProgress: (progress: CallProgress) => void;
}

/** Faults of a stream after which a look at the task says more. */
const ASK_INSTEAD = ['A2A_REMOTE_ERROR', 'A2A_REMOTE_HTTP_ERROR'];

/** Growth in bytes after which the size of a task is measured anew. */
const MEASURE_EVERY = 256 * 1024;

/** One attempt to get an answer to one message: send or resume, wait, relay, and tell lies from answers. */
export class RemoteConversation {
  private progress: CallProgress | undefined;
  private task: Task | undefined;
  /** Whether `task` holds all there is: a stream that was resumed holds its last part only. */
  private whole = false;
  private growth = 0;

  constructor(private readonly options: ConversationOptions) {}

  /** @param earlier what an earlier attempt knew @throws RemoteFault; the signal's reason */
  async run(earlier: CallProgress | undefined): Promise<RemoteAnswer> {
    const { relay } = this.options;
    const answer = earlier === undefined ? await this.begin() : await this.resume(earlier);
    await relay.flush();
    return answer;
  }

  private async begin(): Promise<RemoteAnswer> {
    const { call, client, signal } = this.options;
    if (this.streams) {
      try {
        const answer = await this.read(client.stream(this.request(false), signal), true);
        if (answer !== undefined) return answer;
        if (this.progress === undefined) {
          throw new RemoteFault('A2A_REMOTE_UNREACHABLE', 'ended its stream without an answer');
        }
        return await this.follow();
      } catch (error) {
        const fault = this.faultOf(error);
        if (this.progress !== undefined && fault.retryable) return await this.follow();
        if (this.progress !== undefined || !hasNoStreams(fault)) throw fault;
      }
    }
    const before =
      call.message.taskId === undefined ? undefined : await client.get(call.message.taskId, signal);
    const { task, message } = await client.send(this.request(true), signal);
    if (message !== undefined) return { message };
    if (task === undefined) throw badAnswer('answered a message with nothing');
    await this.takeTask(task);
    const asItIs = this.asItIs();
    if (asItIs !== undefined) return asItIs;
    const isStale = before !== undefined && sameStatus(before, task);
    return this.ended(isStale) ?? (await this.poll(before));
  }

  private async resume(earlier: CallProgress): Promise<RemoteAnswer> {
    const { relay } = this.options;
    this.progress = earlier;
    if (earlier.position !== undefined && this.streams) {
      relay.resumeAt(earlier.relayed ?? 0);
      return await this.follow();
    }
    relay.resumeAt();
    const answer = (await this.look()) ?? this.asItIs();
    return answer ?? (this.streams ? await this.follow() : await this.poll());
  }

  private get streams(): boolean {
    return this.options.call.waiting === 'stream' && this.options.streaming;
  }

  private request(returnImmediately: boolean): SendMessageRequest {
    const { push } = this.options;
    const { message, metadata, acceptedOutputModes } = this.options.call;
    const configuration = {
      ...(acceptedOutputModes !== undefined && { acceptedOutputModes }),
      ...(returnImmediately && { returnImmediately }),
      ...(push !== undefined && { taskPushNotificationConfig: push }),
    };
    return {
      message,
      ...(Object.keys(configuration).length > 0 && { configuration }),
      ...(metadata !== undefined && { metadata }),
    };
  }

  /** Reads the stream of a known task, again and again, until it ends or streams turn out not to work. */
  private async follow(): Promise<RemoteAnswer> {
    const { client, signal, waiting } = this.options;
    for (let broken = 0; broken < waiting.brokenStreams; ) {
      const began = Date.now();
      try {
        const { position } = this.known;
        const options = position === undefined ? { signal } : { signal, lastEventId: position };
        const answer = await this.read(client.subscribe(this.known.taskId, options), false);
        if (answer !== undefined) return answer;
      } catch (error) {
        const fault = this.faultOf(error);
        if (ASK_INSTEAD.includes(fault.type)) break;
        if (!fault.retryable) throw fault;
      }
      broken = Date.now() - began > waiting.lastingStreamMs ? 1 : broken + 1;
      // A stream ends when its task does, too.
      const answer = await this.look().catch((error: unknown) => {
        const fault = this.faultOf(error);
        if (!fault.retryable) throw fault;
        return undefined;
      });
      if (answer !== undefined) return answer;
      await this.sleep(100 * 2 ** broken);
    }
    return await this.poll();
  }

  /** Asks for the task until it has ended or waits for its client. */
  private async poll(before?: Task): Promise<RemoteAnswer> {
    const { call, waiting } = this.options;
    const { firstMs, mostMs } = call.waiting === 'webhook' ? waiting.webhook : waiting.poll;
    let interval = firstMs;
    let failures = 0;
    for (let looks = 1; ; looks++) {
      const seen = this.task;
      try {
        // An agent that asks the very same question again is believed after a while.
        const answer = await this.look(looks <= waiting.failedPolls ? before : undefined);
        if (answer !== undefined) return answer;
        failures = 0;
      } catch (error) {
        const fault = this.faultOf(error);
        failures += 1;
        if (!fault.retryable || failures >= waiting.failedPolls) throw fault;
        if (fault.retryAfterMs !== undefined) await this.sleep(fault.retryAfterMs);
      }
      const changed = seen === undefined || this.task === undefined || !sameStatus(seen, this.task);
      interval = changed ? firstMs : Math.min(mostMs, interval * 1.5);
      await this.sleep(interval);
    }
  }

  /** An agent that calls back is not waited for. */
  private asItIs(): RemoteAnswer | undefined {
    return this.options.push && this.task ? { task: fitting(this.task) } : undefined;
  }

  private async look(before?: Task): Promise<RemoteAnswer | undefined> {
    const { client, signal } = this.options;
    const task = await client.get(this.known.taskId, signal);
    await this.takeTask(task);
    return this.ended(before !== undefined && sameStatus(before, task));
  }

  /** @returns the answer, or undefined when the stream ended before the task did */
  private async read(
    events: AsyncGenerator<RemoteEvent>,
    isAnswer: boolean,
  ): Promise<RemoteAnswer | undefined> {
    const { call, client } = this.options;
    // A task that is handed a further message may be shown as it was before that; in 0.2 as its status.
    let isStale = isAnswer && call.message.taskId !== undefined;
    try {
      for await (const { response, position } of events) {
        if (response.message !== undefined) {
          if (this.progress === undefined) return { message: response.message };
          continue;
        }
        await this.take(response);
        if (position !== undefined) this.note({ ...this.known, position, relayed: this.options.relay.count });
        const isShown = response.task !== undefined || client.version === '0.2';
        const answer = this.ended(isStale && isShown);
        isStale = false;
        if (answer !== undefined)
          return this.whole && !client.approximate ? answer : await this.complete(answer);
      }
      return undefined;
    } finally {
      await events.return(undefined);
    }
  }

  private async take(response: StreamResponse): Promise<void> {
    const { relay } = this.options;
    const { task, statusUpdate, artifactUpdate } = response;
    if (task !== undefined) return await this.takeTask(task);
    const event = statusUpdate ?? artifactUpdate;
    if (event === undefined) return;
    this.meet(event.taskId, event.contextId);
    this.task ??= { id: event.taskId, contextId: event.contextId, status: { state: 'TASK_STATE_SUBMITTED' } };
    this.task = applyUpdate(this.task, withoutIds(response));
    this.measure(payloadBytes(event));
    if (statusUpdate !== undefined) await relay.status(statusUpdate);
    if (artifactUpdate !== undefined) await relay.artifact(artifactUpdate);
  }

  private async takeTask(task: Task): Promise<void> {
    this.meet(task.id, task.contextId);
    this.task = task;
    this.whole = true;
    this.growth = Number.POSITIVE_INFINITY;
    this.measure(0);
    await this.options.relay.snapshot(task);
  }

  /** The task that an answer is about: the first is the one of this call, all others have to be the same. */
  private meet(taskId: string, contextId: string): void {
    const { call, client } = this.options;
    const expected = this.progress?.taskId ?? call.message.taskId;
    if (expected !== undefined && expected !== taskId) {
      throw badAnswer(`answered about task ${quoted(taskId)} when asked about task ${quoted(expected)}`);
    }
    if (this.progress === undefined) this.note({ taskId, contextId, version: client.version });
  }

  private note(progress: CallProgress): void {
    this.progress = progress;
    this.options.onProgress(progress);
  }

  private get known(): CallProgress {
    if (this.progress === undefined) throw badAnswer('has named no task');
    return this.progress;
  }

  private ended(isStale = false): RemoteAnswer | undefined {
    const { task } = this;
    if (task === undefined) return undefined;
    const { state } = task.status;
    if (!isTerminal(state) && (isStale || !isInterrupted(state))) return undefined;
    return { task: fitting(task) };
  }

  /** A stream that was read from its middle told only the end. */
  private async complete(answer: RemoteAnswer): Promise<RemoteAnswer> {
    const { client, signal } = this.options;
    const task = await client.get(this.known.taskId, signal);
    await this.takeTask(task);
    return this.ended() ?? answer;
  }

  /** @throws RemoteFault when the task has become larger than any workflow could take */
  private measure(bytes: number): void {
    this.growth += bytes;
    if (this.growth < MEASURE_EVERY || this.task === undefined) return;
    this.growth = 0;
    fitting(this.task);
  }

  private faultOf(error: unknown): RemoteFault {
    if (this.options.signal.aborted) throw this.options.signal.reason;
    if (isRemoteFault(error)) return error;
    if ((error as Error | undefined)?.name === 'OutboundError') return toFault(error, 'talking to it');
    throw error;
  }

  /** With up to a quarter more or less, so that a thousand waiting calls do not ask at once. */
  private async sleep(ms: number): Promise<void> {
    const { signal } = this.options;
    try {
      await wait(ms * (0.75 + Math.random() / 2), undefined, { signal });
    } catch {
      throw signal.reason;
    }
  }
}

/** The task as the workflow gets it: without its history when that is what makes it too large. */
function fitting(task: Task): Task {
  if (payloadBytes(task) <= MAX_PAYLOAD_BYTES) return task;
  const { history: _, ...rest } = task;
  const bytes = payloadBytes(rest);
  if (bytes <= MAX_PAYLOAD_BYTES) return rest;
  throw new RemoteFault(
    'A2A_REMOTE_TOO_LARGE',
    `has made a task of ${bytes} bytes; the limit is ${MAX_PAYLOAD_BYTES} bytes (Temporal's payload limit of 2 MB)`,
  );
}

function hasNoStreams(fault: RemoteFault): boolean {
  return fault.reason === 'UNSUPPORTED_OPERATION' || fault.code === -32601;
}

function withoutIds({ statusUpdate, artifactUpdate }: StreamResponse): TaskUpdate {
  if (statusUpdate !== undefined) return { statusUpdate };
  return { artifactUpdate } as TaskUpdate;
}

function quoted(id: string): string {
  return JSON.stringify(id.length > 80 ? `${id.slice(0, 80)}...` : id);
}
