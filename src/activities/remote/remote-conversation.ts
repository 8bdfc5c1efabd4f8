import { isInterrupted, isTerminal, sameStatus } from '../../a2a/task-update';
import type { Message, Task } from '../../a2a/types';
import type { RemoteAnswer } from '../../contract/agent-call';
import type { CallProgress } from './call-progress';
import type { ConversationOptions } from './conversation-options';
import { ConversationProgress } from './conversation-progress';
import { isRemoteFault, RemoteFault, toFault } from './fault';
import { fitting, HeardTask, stops } from './heard-task';
import { saysAnswer, withAnswer } from './said';
import { sendRequest } from './send-request';
import { sleepAbout } from './sleep-about';
import { StoppableEvents } from './stoppable-events';
import { badAnswer } from './wire/answers';
import type { RemoteEvent } from './wire/remote-client';

/** Faults of a stream after which a look at the task says more. */
const ASK_INSTEAD = ['A2A_REMOTE_ERROR', 'A2A_REMOTE_HTTP_ERROR'];

/** Messages of a history that are asked for when the agent gives none by itself. */
const HISTORY_LENGTH = 100;

/** Failed looks in a row at a task that has ended and of which all was heard. */
const LAST_LOOKS = 2;

/** One attempt to get an answer to one message: send or resume, wait, relay, and tell lies from answers. */
export class RemoteConversation {
  private readonly progress: ConversationProgress;
  private readonly heard: HeardTask;
  private unreadable: RemoteFault | undefined;
  private message: Message;

  constructor(private readonly options: ConversationOptions) {
    this.message = options.call.message;
    this.progress = new ConversationProgress(options);
    this.heard = new HeardTask(() => options.client.approximate);
  }

  /** @param earlier what an earlier attempt knew @throws RemoteFault; the signal's reason */
  run(earlier: CallProgress | undefined): Promise<RemoteAnswer> {
    return earlier === undefined ? this.begin() : this.resume(earlier);
  }

  private async begin(): Promise<RemoteAnswer> {
    try {
      return await this.send();
    } catch (error) {
      const fault = this.faultOf(error);
      if (!this.mayHaveForgotten(fault)) throw fault;
      const { contextId: _, ...message } = this.message;
      this.message = message;
      return await this.send();
    }
  }

  /** Whether an agent has refused a message because it does not know the context any more that it once gave. */
  private mayHaveForgotten({ type }: RemoteFault): boolean {
    const { contextId, taskId } = this.message;
    const isKept = this.options.call.localContext !== undefined && contextId !== undefined;
    return (
      isKept && taskId === undefined && this.progress.current === undefined && ASK_INSTEAD.includes(type)
    );
  }

  private async send(): Promise<RemoteAnswer> {
    const { call, client, signal } = this.options;
    if (this.streams) {
      try {
        this.heard.begins('start');
        const answer = await this.read(
          (stop) => client.stream(sendRequest(this.options, this.message, false), stop),
          true,
        );
        if (answer !== undefined) return answer;
        if (this.progress.current === undefined) {
          const message = 'ended its stream without an answer';
          throw this.unreadable ?? new RemoteFault('A2A_REMOTE_UNREACHABLE', message);
        }
        return await this.follow();
      } catch (error) {
        const fault = this.faultOf(error);
        if (this.progress.current === undefined) {
          if (!hasNoStreams(fault)) throw fault;
        } else if (fault.retryable) return await this.follow();
        else return await this.askInsteadOf(fault);
      }
    }
    const before =
      call.message.taskId === undefined ? undefined : await client.get(call.message.taskId, { signal });
    const { task, message } = await client.send(sendRequest(this.options, this.message, true), signal);
    if (message !== undefined) return { message };
    if (task === undefined) throw badAnswer('answered a message with nothing');
    await this.takeTask(task, 'look');
    const isStale = before !== undefined && sameStatus(before, task);
    return (await this.stopped(isStale)) ?? this.asItIs() ?? (await this.poll(before));
  }

  /** A stream has failed; the task may tell more than the fault does. */
  private async askInsteadOf(fault: RemoteFault): Promise<RemoteAnswer> {
    if (!ASK_INSTEAD.includes(fault.type)) throw fault;
    try {
      return await this.poll();
    } catch (error) {
      const second = this.faultOf(error);
      throw second.retryable || second.type === 'A2A_REMOTE_TOO_LARGE' ? second : fault;
    }
  }

  private async resume(earlier: CallProgress): Promise<RemoteAnswer> {
    const { relay } = this.options;
    this.progress.current = earlier;
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

  /**
   * Reads the stream of a known task, again and again, until it ends or streams turn out not to work. An agent that
   * cannot be reached says nothing about its streams: neither does the stream that was tried when it was away already,
   * though the look behind it is answered.
   */
  private async follow(): Promise<RemoteAnswer> {
    const { client, waiting } = this.options;
    let failedLooks = 0;
    for (let broken = 0; broken < waiting.brokenStreams; ) {
      const began = Date.now();
      const { position, taskId } = this.progress.known;
      let hasEnded = false;
      let counts = true;
      try {
        this.heard.begins(position === undefined ? 'later' : 'position');
        const options = position === undefined ? {} : { lastEventId: position };
        const answer = await this.read(
          (stop) => client.subscribe(taskId, { signal: stop, ...options }),
          false,
        );
        if (answer !== undefined) return answer;
        hasEnded = true;
      } catch (error) {
        const fault = this.faultOf(error);
        if (ASK_INSTEAD.includes(fault.type)) break;
        if (!fault.retryable) throw fault;
        const wasAway = position !== undefined && failedLooks > 0;
        counts = !(wasAway && fault.type === 'A2A_REMOTE_UNREACHABLE');
      }
      if (counts) broken = Date.now() - began > waiting.lastingStreamMs ? 1 : broken + 1;
      try {
        const answer = await this.lookBetweenStreams(hasEnded);
        if (answer !== undefined) return answer;
        failedLooks = 0;
      } catch (error) {
        const fault = this.faultOf(error);
        failedLooks += 1;
        if (!fault.retryable) throw fault;
        if (this.progress.known.position !== undefined) {
          // A later attempt goes on from there, too.
          if (failedLooks >= waiting.failedPolls) throw fault;
          broken = 0;
        }
      }
      await this.pause(100 * 2 ** Math.min(Math.max(broken, failedLooks), 5));
    }
    return await this.poll();
  }

  /**
   * A stream ends when its task does, too. But what a look shows of a task at work is ahead of a stream that goes on
   * where the last one has stopped: it would be told first, and then again.
   */
  private async lookBetweenStreams(hasEnded: boolean): Promise<RemoteAnswer | undefined> {
    const { client, signal } = this.options;
    const { position, taskId } = this.progress.known;
    if (position === undefined) return await this.look();
    const { status } = await client.get(taskId, { signal });
    return hasEnded && stops(status) ? await this.look() : undefined;
  }

  /** Asks for the task until it has ended or waits for its client. */
  private async poll(before?: Task): Promise<RemoteAnswer> {
    const { call, waiting } = this.options;
    this.progress.leaveStream();
    const { firstMs, mostMs } = call.waiting === 'webhook' ? waiting.webhook : waiting.poll;
    let interval = firstMs;
    let failures = 0;
    for (let looks = 1; ; looks++) {
      const seen = this.heard.task;
      try {
        // An agent that asks the very same question again is believed after a while.
        const answer = await this.look(looks <= waiting.failedPolls ? before : undefined);
        if (answer !== undefined) return answer;
        failures = 0;
      } catch (error) {
        const fault = this.faultOf(error);
        failures += 1;
        if (!fault.retryable || failures >= waiting.failedPolls) throw fault;
        if (fault.retryAfterMs !== undefined) await this.pause(fault.retryAfterMs);
      }
      const { task } = this.heard;
      const changed = seen === undefined || task === undefined || !sameStatus(seen, task);
      interval = changed ? firstMs : Math.min(mostMs, interval * 1.5);
      await this.pause(interval);
    }
  }

  /** An agent that calls back is not waited for. */
  private asItIs(): RemoteAnswer | undefined {
    const { task } = this.heard;
    return this.options.push && task ? { task: fitting(task) } : undefined;
  }

  private async look(before?: Task): Promise<RemoteAnswer | undefined> {
    const { client, signal } = this.options;
    const task = await client.get(this.progress.known.taskId, { signal });
    await this.takeTask(task, 'look');
    return await this.stopped(before !== undefined && sameStatus(before, task));
  }

  /** @returns the answer, or undefined when the stream ended before the task did */
  private async read(
    open: (signal: AbortSignal) => AsyncGenerator<RemoteEvent>,
    isAnswer: boolean,
  ): Promise<RemoteAnswer | undefined> {
    const { call, client, signal, waiting } = this.options;
    // A task that is handed a further message may be shown as it was before that; in 0.2 as its status.
    let isStale = isAnswer && call.message.taskId !== undefined;
    let hasStopped = false;
    const events = new StoppableEvents(open, signal);
    try {
      for (let event = await events.next(); event !== undefined; event = await events.next()) {
        const { task, message } = event.response;
        if (message !== undefined && message.taskId === undefined && this.progress.current === undefined) {
          return { message };
        }
        await this.take(event);
        const hadStopped = hasStopped;
        hasStopped = this.hasStopped(isStale && (task !== undefined || client.version === '0.2'));
        isStale = false;
        if (hasStopped && this.saysAnswer) break;
        // Some send the answer behind the status that ends the task, or more Messages than one.
        if (!hasStopped) events.limit(this.progress.saidOnly && waiting.restOfStreamMs);
        else if (!hadStopped) events.limit(waiting.restOfStreamMs);
      }
    } catch (error) {
      if (signal.aborted || !(hasStopped || this.progress.saidOnly)) throw error;
    } finally {
      await events.close();
    }
    return hasStopped ? await this.ended() : this.progress.saidOnly;
  }

  private async take({ response, unreadable, position }: RemoteEvent): Promise<void> {
    const { relay } = this.options;
    const { task, message, statusUpdate, artifactUpdate } = response;
    if (unreadable !== undefined) {
      this.unreadable ??= unreadable;
      this.heard.missed();
    }
    if (task !== undefined) await this.takeTask(task, 'stream', position);
    const event = statusUpdate ?? artifactUpdate;
    if (event !== undefined) {
      this.progress.meet(event.taskId, event.contextId);
      this.heard.update(response, event);
    }
    if (statusUpdate !== undefined) await relay.status(statusUpdate);
    if (artifactUpdate !== undefined) await relay.artifact(artifactUpdate);
    if (message !== undefined) {
      this.progress.said(message);
      await relay.message(message);
    }
    if (position !== undefined) this.progress.reached(position);
  }

  private async takeTask(task: Task, from: 'stream' | 'look', position?: string): Promise<void> {
    // Nothing of it is relayed, so that a retry can go on behind it.
    const isSilent = task.artifacts === undefined && task.status.message === undefined;
    this.progress.meet(task.id, task.contextId, isSilent ? position : undefined);
    await this.options.relay.snapshot(this.heard.snapshot(task, from));
  }

  /** Whether the task has ended or waits for its client. */
  private hasStopped(isStale = false): boolean {
    const { task } = this.heard;
    if (task === undefined) return false;
    const { state } = task.status;
    return isTerminal(state) || (!isStale && isInterrupted(state));
  }

  /** The answer of a task that was looked at. */
  private async stopped(isStale: boolean): Promise<RemoteAnswer | undefined> {
    if (!this.hasStopped(isStale)) return undefined;
    if (!this.saysAnswer) await this.lookForHistory();
    return this.answer();
  }

  /** The answer of a task whose stream has told its end. */
  private async ended(): Promise<RemoteAnswer> {
    const { client, signal, waiting } = this.options;
    const { status } = this.heard.task as Task;
    if (this.heard.complete && this.saysAnswer) return this.answer();
    for (let failures = 0; ; ) {
      try {
        await this.takeTask(await client.get(this.progress.known.taskId, { signal }), 'look');
        this.heard.hasStopped(status);
        if (!this.saysAnswer) await this.lookForHistory();
        return this.answer();
      } catch (error) {
        const fault = this.faultOf(error);
        failures += 1;
        if (fault.type === 'A2A_REMOTE_TOO_LARGE') throw fault;
        // Not all servers can be asked for a task that has ended.
        const isLast = failures >= (this.heard.heardAll ? LAST_LOOKS : waiting.failedPolls);
        if (fault.retryable && isLast && !this.heard.heardAll) throw fault;
        if (!fault.retryable || isLast) return this.answer();
        await this.pause(waiting.poll.firstMs);
      }
    }
  }

  /** Some give the history of a task only when asked for it. */
  private async lookForHistory(): Promise<void> {
    const { client, signal } = this.options;
    const { task } = this.heard;
    if (task === undefined || task.history?.some(({ role }) => role === 'ROLE_AGENT')) return;
    const { status } = task;
    try {
      const options = { signal, historyLength: HISTORY_LENGTH };
      await this.takeTask(await client.get(this.progress.known.taskId, options), 'look');
      this.heard.hasStopped(status);
    } catch (error) {
      this.faultOf(error);
    }
  }

  private get saysAnswer(): boolean {
    const { task } = this.heard;
    return task !== undefined && saysAnswer(task, this.options.call.message.messageId);
  }

  private answer(): RemoteAnswer {
    const { call, relay } = this.options;
    const task = withAnswer(this.heard.task as Task, call.message.messageId, relay.saidWhileWorking);
    return { task: fitting(task) };
  }

  private pause(ms: number): Promise<void> {
    return sleepAbout(ms, this.options.signal);
  }

  private faultOf(error: unknown): RemoteFault {
    if (this.options.signal.aborted) throw this.options.signal.reason;
    if (isRemoteFault(error)) return error;
    if ((error as Error | undefined)?.name === 'OutboundError') return toFault(error, 'talking to it');
    throw error;
  }
}

function hasNoStreams(fault: RemoteFault): boolean {
  return fault.reason === 'UNSUPPORTED_OPERATION' || fault.code === -32601;
}
