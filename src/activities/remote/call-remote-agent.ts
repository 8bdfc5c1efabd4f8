import { Context } from '@temporalio/activity';
import { type Agents, AgentSet } from '../../config/agent-set';
import { agentKey, type RemoteAnswer, type RemoteCall, type RemoteResult } from '../../contract/agent-call';
import { type CallbackOptions, callbackConfig } from '../../contract/callback';
import { type Meter, NO_METER } from '../../metrics/meter';
import { OutboundClient } from '../../outbound/outbound-client';
import { isOutboundError } from '../../outbound/outbound-error';
import { parseOutboundUrl, shownUrl } from '../../outbound/outbound-url';
import { NO_TRACING, type Tracing } from '../../tracing/tracing';
import { TaskReporter } from '../task-reporter';
import { findAgentContext } from './agent-context';
import { Attempts } from './attempts';
import { CallHeartbeat, type CallProgress, readProgress } from './call-progress';
import { CallStop } from './call-stop';
import { CardCache } from './card/card-cache';
import { BREAKER, type BreakerOptions, CircuitBreaker } from './circuit-breaker';
import { connect, type RemoteAgents } from './connect';
import { WAITING, type WaitingOptions } from './conversation-options';
import { OAuthTokens } from './credentials/oauth-tokens';
import { Secrets } from './credentials/secrets';
import { isRemoteFault, type RemoteFault, toFailure, toFault, unexpectedFailure } from './fault';
import { TaskRelay } from './relay';
import { RemoteConversation } from './remote-conversation';
import { TargetMeter } from './target-meter';
import { type TracedCall, tracedCall } from './traced-call';
import { cancelTask, isUnwanted } from './unwanted-task';
import { GrpcConnections } from './wire/grpc-connections';
import { REMOTE_LIMITS, type RemoteClient, type RemoteLimits } from './wire/remote-client';

/** How a worker calls remote agents. */
export interface RemoteOptions {
  /** CIDRs beyond the public internet whose agents may be called (`OUTBOUND_ALLOW`). */
  outboundAllow?: readonly string[];
  /** Where `env:NAME` is looked up; the environment of the process when left out. */
  env?: NodeJS.ProcessEnv;
  /** Where called agents report to, for calls with `waiting: 'webhook'`; without it these poll. */
  callback?: CallbackOptions | undefined;
  /** 10 min for a send, 30 s for other requests, and 5 min of silence on a stream, unless set. */
  limits?: Partial<RemoteLimits>;
  /** How often a task is looked at, and when a stream that breaks is given up. */
  waiting?: Partial<WaitingOptions>;
  /** When an agent that fails again and again is left alone: for 30 s after 5 failures, unless set. */
  breaker?: Partial<BreakerOptions>;
  /** Between two heartbeats, in ms. */
  heartbeatMs?: number;
  /** How long a call that was cancelled, or has failed, waits for the remote task to end, in ms. */
  cancelMs?: number;
  /** Where calls are counted; by nobody unless set. */
  metrics?: Meter | undefined;
  /** Where calls are traced; by nobody unless set. */
  tracing?: Tracing | undefined;
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
 * @param known agents whose definitions give remote agents the names under which they are counted
 */
export function createCallRemoteAgent(options: RemoteOptions = {}, known: Agents = []) {
  const { tracing = NO_TRACING } = options;
  const http = new OutboundClient({ allow: options.outboundAllow ?? [], trace: tracing.fields });
  const agents: RemoteAgents = {
    http,
    cards: new CardCache(http),
    tokens: new OAuthTokens(http),
    grpc: new GrpcConnections(http.guard),
    limits: { ...REMOTE_LIMITS, ...options.limits },
  };
  const breaker = new CircuitBreaker({ ...BREAKER, ...options.breaker });
  const waiting = { ...WAITING, ...options.waiting };
  const cancelMs = options.cancelMs ?? CANCEL_MS;
  const attempts = new Attempts();
  const meter = new TargetMeter(options.metrics ?? NO_METER, AgentSet.of(known), breaker);

  /**
   * Sends one message to a remote agent, or takes up a task that a call has begun before, and waits until the
   * task has ended or waits for its client ({@link RemoteCall} says what else it can be asked for). Fails with an
   * ApplicationFailure of a type in REMOTE_FAULTS. A call that ends without the end of a remote task that it knows
   * cancels that: when it is cancelled, when its workflow has left it alone, when it fails for good.
   */
  return function callRemoteAgent(call: RemoteCall): Promise<RemoteResult> {
    const span = tracedCall(tracing, call, {
      target: meter.nameOf(call.agent.url),
      ...Context.current().info,
    });
    return span.run(() => attemptCall(call, span));
  };

  async function attemptCall(call: RemoteCall, span: TracedCall): Promise<RemoteResult> {
    const context = Context.current();
    const attempt = await attempts.begin(context);
    const secrets = new Secrets(options.env);
    const shown = shownUrl(call.agent.url);
    const relay = new TaskRelay(call.relay, call.takenIds);
    const earlier: CallProgress | undefined = readProgress(context.info.heartbeatDetails) ?? call.known;
    const heartbeat = new CallHeartbeat(context, () => relay.settled, options.heartbeatMs ?? 3_000, earlier);
    const stop = new CallStop(context, cancelMs * UNKNOWN_TASK_SHARE);
    attempt.onReplaced((reason) => stop.replace(reason));
    if (earlier !== undefined) stop.taskKnown(earlier);
    let client: RemoteClient | undefined;
    let origin: string | undefined;
    const metered = meter.begin(call.agent.url);
    try {
      await relay.start((onStored) => TaskReporter.create(onStored, true));
      origin = parseOutboundUrl(call.agent.url).origin;
      breaker.assertClosed(origin);
      const connected = await connect(agents, call.agent, secrets, stop.signal, earlier?.version);
      client = connected.client;
      span.reached(connected);
      if ((call.cancel === true || call.look === true) && earlier !== undefined) {
        if (call.cancel === true) await cancelTask(client, earlier.taskId, cancelMs);
        const task = await client.get(earlier.taskId, { signal: stop.signal });
        metered.end('OK');
        span.answered({ task });
        return secrets.redact({ task });
      }
      const conversation = new RemoteConversation({
        ...connected,
        call: earlier === undefined ? await inKeptContext(call, context) : call,
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
      const updates = call.takesUpdates === true ? await relay.takeRest() : [];
      await relay.flush();
      breaker.succeeded(origin);
      metered.end('OK');
      span.answered(answer);
      return secrets.redact({
        ...answer,
        ...keptContext(call, answer),
        ...(updates.length > 0 && { updates }),
      });
    } catch (error) {
      const { aborted, reason } = context.cancellationSignal;
      const fault =
        !aborted && (isRemoteFault(error) || isOutboundError(error))
          ? toFault(error, 'calling it')
          : undefined;
      const outcome = fault?.type ?? (aborted ? 'CANCELED' : 'ERROR');
      metered.end(outcome);
      span.failed(outcome, fault?.message, stop.task);
      const task = isLookOnly(call) ? undefined : stop.task;
      if (task !== undefined && (await isUnwanted(context, stop, fault ?? error))) {
        const signal = AbortSignal.timeout(cancelMs);
        const reached = client ?? (await reach(agents, call, secrets, signal, task));
        if (reached !== undefined) await cancelTask(reached, task.taskId, cancelMs);
      }
      await relay.flush().catch(() => {});
      if (aborted) throw reason;
      if (fault === undefined) throw unexpectedFailure(error, shown, secrets.redact);
      if (origin !== undefined) note(breaker, origin, fault);
      throw toFailure(fault, shown, secrets.redact);
    } finally {
      heartbeat.stop();
      stop.done();
      attempt.end();
    }
  }
}

/** The call with the agent's context that an earlier task has kept. */
async function inKeptContext(call: RemoteCall, { client, info }: Context): Promise<RemoteCall> {
  const { agent, message, localContext: local } = call;
  const { contextId, taskId } = message;
  if (local === undefined || local.isNew || contextId !== undefined || taskId !== undefined) return call;
  const found = await findAgentContext(client, local, agentKey(agent), info.workflowExecution?.runId);
  return found === undefined ? call : { ...call, message: { ...message, contextId: found } };
}

/** What later calls in the same context are to find. */
function keptContext(
  { agent, localContext }: RemoteCall,
  answer: RemoteAnswer,
): Pick<RemoteResult, 'context'> {
  const contextId = answer.task?.contextId ?? answer.message?.contextId ?? '';
  if (localContext === undefined || contextId === '') return {};
  return { context: { agent: agentKey(agent), contextId } };
}

/** The call is about another's task, and leaves it alone. */
function isLookOnly({ look, cancel }: RemoteCall): boolean {
  return look === true || cancel === true;
}

/** The agent whose task is to be cancelled, when the attempt has failed before it had reached it. */
async function reach(
  agents: RemoteAgents,
  { agent }: RemoteCall,
  secrets: Secrets,
  signal: AbortSignal,
  { version }: CallProgress,
): Promise<RemoteClient | undefined> {
  try {
    return (await connect(agents, agent, secrets, signal, version)).client;
  } catch {
    return undefined;
  }
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
