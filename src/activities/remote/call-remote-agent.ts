import { Context } from '@temporalio/activity';
import { isTerminal } from '../../a2a/task-update';
import type { RemoteAnswer, RemoteCall } from '../../contract/agent-call';
import { type CallbackOptions, callbackConfig } from '../../contract/callback';
import { OutboundClient } from '../../outbound/outbound-client';
import { isOutboundError } from '../../outbound/outbound-error';
import { parseOutboundUrl, shownUrl } from '../../outbound/outbound-url';
import { TaskReporter } from '../task-reporter';
import { isAbandoned } from './abandoned';
import { Attempts } from './attempts';
import { CallHeartbeat, type CallProgress, readProgress } from './call-progress';
import { CardCache } from './card/card-cache';
import { BREAKER, type BreakerOptions, CircuitBreaker } from './circuit-breaker';
import { connect, type RemoteAgents } from './connect';
import { OAuthTokens } from './credentials/oauth-tokens';
import { Secrets } from './credentials/secrets';
import { isRemoteFault, type RemoteFault, toFailure, toFault } from './fault';
import { TaskRelay } from './relay';
import { RemoteConversation, WAITING, type WaitingOptions } from './remote-conversation';
import { GrpcConnections } from './wire/grpc-connections';
import { REMOTE_LIMITS, type RemoteClient, type RemoteLimits } from './wire/remote-client';

export interface RemoteOptions {
  /** CIDRs beyond the public internet whose agents may be called (`OUTBOUND_ALLOW`). */
  outboundAllow?: readonly string[];
  /** Where `env:NAME` is looked up; the environment of the process when left out. */
  env?: NodeJS.ProcessEnv;
  /** Where called agents report to, for calls with `waiting: 'webhook'`; without it these poll. */
  callback?: CallbackOptions | undefined;
  limits?: Partial<RemoteLimits>;
  waiting?: Partial<WaitingOptions>;
  breaker?: Partial<BreakerOptions>;
  /** Between two heartbeats, in ms. */
  heartbeatMs?: number;
  /** How long a cancelled call waits for the remote task to end, in ms. */
  cancelMs?: number;
}

const CANCEL_MS = 10_000;

/** Of {@link RemoteOptions.cancelMs}, the share in which a task that has no ID yet may get one. */
const UNKNOWN_TASK_SHARE = 0.5;

/** Answers, if unwelcome ones: the agent is there. */
const ALIVE = [
  'A2A_REMOTE_ERROR',
  'A2A_REMOTE_HTTP_ERROR',
  'A2A_REMOTE_UNAUTHORIZED',
  'A2A_REMOTE_BAD_ANSWER',
];

/**
 * The activity `callRemoteAgent`, with what all its calls in this process share: connections, cards, tokens and
 * circuit breakers.
 */
export function createCallRemoteAgent(options: RemoteOptions = {}) {
  const http = new OutboundClient({ allow: options.outboundAllow ?? [] });
  const agents: RemoteAgents = {
    http,
    cards: new CardCache(http),
    tokens: new OAuthTokens(http),
    grpc: new GrpcConnections(http.guard),
    limits: { ...REMOTE_LIMITS, ...options.limits },
  };
  const breaker = new CircuitBreaker({ ...BREAKER, ...options.breaker });
  const waiting = { ...WAITING, ...options.waiting };
  const attempts = new Attempts();

  /**
   * Sends one message to a remote agent, or takes up a task that a call has begun before, and waits until the
   * task has ended or waits for its client ({@link RemoteCall} says what else it can be asked for). Fails with an
   * ApplicationFailure of a type in REMOTE_FAULTS; cancelled, or left alone by its workflow, it cancels the remote
   * task.
   */
  return async function callRemoteAgent(call: RemoteCall): Promise<RemoteAnswer> {
    const context = Context.current();
    const attempt = await attempts.begin(context);
    const secrets = new Secrets(options.env);
    const shown = shownUrl(call.agent.url);
    const relay = new TaskRelay(call.relay, call.takenIds);
    const earlier: CallProgress | undefined = readProgress(context.info.heartbeatDetails) ?? call.known;
    const heartbeat = new CallHeartbeat(context, () => relay.settled, options.heartbeatMs ?? 3_000, earlier);
    const stop = new CallStop(context, (options.cancelMs ?? CANCEL_MS) * UNKNOWN_TASK_SHARE);
    attempt.onReplaced((reason) => stop.now(reason));
    if (earlier !== undefined) stop.taskKnown(earlier);
    let client: RemoteClient | undefined;
    let origin: string | undefined;
    try {
      await relay.start((onStored) => TaskReporter.create(onStored));
      origin = parseOutboundUrl(call.agent.url).origin;
      breaker.assertClosed(origin);
      const connected = await connect(agents, call.agent, secrets, stop.signal, earlier?.version);
      client = connected.client;
      if ((call.cancel === true || call.look === true) && earlier !== undefined) {
        if (call.cancel === true) await cancelTask(client, earlier.taskId, options.cancelMs ?? CANCEL_MS);
        return secrets.redact({ task: await client.get(earlier.taskId, stop.signal) });
      }
      const conversation = new RemoteConversation({
        ...connected,
        call,
        relay,
        waiting,
        push: connected.push ? pushConfig(call, options.callback) : undefined,
        signal: stop.signal,
        onProgress: (progress) => {
          breaker.succeeded(origin ?? '');
          stop.taskKnown(progress);
          heartbeat.note(progress);
        },
      });
      const answer = await conversation.run(earlier);
      breaker.succeeded(origin);
      return secrets.redact(answer);
    } catch (error) {
      const { aborted, reason } = context.cancellationSignal;
      const fault =
        !aborted && (isRemoteFault(error) || isOutboundError(error))
          ? toFault(error, 'calling it')
          : undefined;
      if (client !== undefined && stop.task !== undefined && call.look !== true) {
        // Its task is too large, or its caller has ended (a report that finds no workflow fails, too): cancel it.
        const isUnwanted = fault
          ? fault.type === 'A2A_REMOTE_TOO_LARGE'
          : (aborted && stop.isCancelled) || (await isAbandoned(context));
        if (isUnwanted) await cancelTask(client, stop.task.taskId, options.cancelMs ?? CANCEL_MS);
      }
      await relay.flush().catch(() => {});
      if (aborted) throw reason;
      if (fault === undefined) throw error;
      if (origin !== undefined) note(breaker, origin, fault);
      throw toFailure(fault, shown, secrets.redact);
    } finally {
      heartbeat.stop();
      stop.done();
      attempt.end();
    }
  };
}

/** What a called agent needs to call back; undefined when the call does not wait for a callback, or has no way to receive one. */
function pushConfig({ waiting, callback }: RemoteCall, options: CallbackOptions | undefined) {
  if (waiting !== 'webhook' || callback === undefined || options === undefined) return undefined;
  return callbackConfig(callback, options);
}

function note(breaker: CircuitBreaker, origin: string, fault: RemoteFault): void {
  if (fault.unhealthy) breaker.failed(origin);
  else if (ALIVE.includes(fault.type)) breaker.succeeded(origin);
}

/** Ends what a call is doing, on cancellation; a task that is just being started may first get its ID. */
class CallStop {
  private readonly abort = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  task: CallProgress | undefined;

  constructor(
    private readonly context: Context,
    private readonly unknownTaskMs: number,
  ) {
    if (context.cancellationSignal.aborted) this.onCancel();
    else context.cancellationSignal.addEventListener('abort', this.onCancel, { once: true });
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Whether the workflow wants the work to end, and not only this worker. */
  get isCancelled(): boolean {
    const { cancellationDetails, cancellationSignal } = this.context;
    return (
      cancellationDetails?.cancelRequested ?? (cancellationSignal.reason as Error)?.message === 'CANCELLED'
    );
  }

  taskKnown(task: CallProgress): void {
    this.task = task;
    if (this.context.cancellationSignal.aborted) this.end();
  }

  /** Whatever happens. */
  now(reason: Error): void {
    this.abort.abort(reason);
  }

  done(): void {
    clearTimeout(this.timer);
    this.context.cancellationSignal.removeEventListener('abort', this.onCancel);
  }

  private readonly onCancel = () => {
    if (this.task !== undefined || !this.isCancelled) this.end();
    else this.timer = setTimeout(this.end, this.unknownTaskMs);
  };

  private readonly end = () => this.abort.abort(this.context.cancellationSignal.reason);
}

/** Cancels the remote task and waits for its end, for so long; what goes wrong is the remote's to sort out. */
async function cancelTask(client: RemoteClient, taskId: string, timeMs: number): Promise<void> {
  const signal = AbortSignal.timeout(timeMs);
  try {
    let task = await client.cancel(taskId, signal);
    while (!isTerminal(task.status.state)) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      task = await client.get(taskId, signal);
    }
  } catch {
    // It has ended already, cannot be cancelled, or does not answer.
  }
}
