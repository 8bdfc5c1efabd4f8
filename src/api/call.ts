import type { Context } from 'koa';
import { InvalidParamsError } from '../a2a/errors';
import { abortable } from '../bridge/temporal-calls';
import type { ProtocolVersion, StreamEvent } from '../bridge/types';
import { agentUrl } from './agent-card';
import type { Address } from './agent-directory';
import { authenticateCall } from './authentication';
import { toWireError, type WireError } from './error-table';
import type { Operation, OperationCall } from './operations';
import { endLater, type RequestContext, requestContext } from './request-context';
import { noteCall, noteContent, noteIds } from './request-facts';
import { BINDINGS } from './request-metrics';
import { activateExtensions, assertSpoken } from './service-parameters';
import { baseUrl, type Services, signedCard } from './services';
import { serveEvents } from './sse';

/** One call of an operation, as a binding has read it after it has let the caller in (`admit`). */
export interface Call {
  operation: Operation;
  address: Address;
  params: Record<string, unknown>;
  /** 1.0 unless set. */
  version?: ProtocolVersion;
  /** See {@link CallContext.dialect}. */
  dialect?: string;
}

/** How a binding writes. */
export interface AnswerFormat {
  answer(result: object | null): void;
  /** Text around the JSON of each event of a stream. */
  eventFrame: { before: string; after: string };
  /** Kept as long as a stream: it should hold nothing of its request. */
  errorEvent: (error: WireError) => string;
}

/** Longer than Temporal has to answer, in ms, and shorter than clients wait for a byte, which is 5 s. */
const OPEN_MS = 4_500;

/** Runs a call from its checks to its answer, the same for every binding. */
export async function serveCall(
  services: Services,
  ctx: Context,
  call: Call,
  format: AnswerFormat,
): Promise<void> {
  const { operation, address, params, version = '1.0', dialect } = call;
  const context = requestContext(ctx);
  context.facts.operation = operation.name;
  context.streams = operation.kind === 'streaming';
  const { agent, owner } = await authenticateCall(services, ctx, { ...address, tenant: params.tenant });
  noteCall(context.facts, context.span, { agent, owner });
  assertSpoken(agent, version);
  if (operation.withoutExtensions !== true) activateExtensions(ctx, agent, version);
  operation.requires?.(agent);
  noteIds(context.facts, params);
  services.quotas.take({ agent, owner }, operation.name, context.bodyBytes ?? 0);

  const atRoot = agent.default && address.agentId === undefined;
  const lastEventId = operation.kind === 'streaming' ? readLastEventId(ctx) : undefined;
  const operationCall = (signal: AbortSignal): OperationCall => ({
    agent,
    owner,
    version,
    ...(dialect !== undefined && { dialect }),
    signal,
    operations: services.operations,
    agentUrl: agentUrl(baseUrl(services, ctx), agent, atRoot),
    grpcUrl: services.grpc?.url,
    signCard: (card) => signedCard(services, ctx, card),
    ...(lastEventId !== undefined && { lastEventId }),
  });

  if (operation.kind === 'unary') {
    const run = (signal: AbortSignal) => operation.run(params, operationCall(signal));
    const result = await abortable(untilGone(ctx, run), services.stopping);
    noteIds(context.facts, result);
    if (services.tracing.content) noteContent(context.span, params, result);
    format.answer(result);
    return;
  }
  if (services.tracing.content) noteContent(context.span, params);
  // A stream may last for hours.
  context.owners = undefined;
  await serveEvents(
    ctx,
    (signal) => operation.open(params, operationCall(signal)),
    {
      streams: services.streams,
      call: { agent, owner },
      heartbeatMs: services.heartbeatMs,
      openMs: OPEN_MS,
      stallMs: services.stallMs,
      ...format.eventFrame,
      onEvent: noting(context, services),
      errorEvent: telling(context, format.errorEvent),
    },
    endLater(context),
  );
}

/** Runs with a signal that is aborted when the client goes away. */
async function untilGone<T>(ctx: Context, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const gone = new AbortController();
  const onClose = () => gone.abort();
  ctx.res.once('close', onClose);
  // Gone already, while it was asked who calls.
  if (ctx.res.destroyed) onClose();
  try {
    return await run(gone.signal);
  } finally {
    ctx.res.off('close', onClose);
  }
}

/** Notes the IDs of a stream's events for the log, and counts them. */
function noting(context: RequestContext, { metrics }: Services): (event: StreamEvent) => void {
  const labels = { binding: BINDINGS[context.binding.kind], agent: context.facts.agent ?? '' };
  const { facts } = context;
  return ({ response }) => {
    noteIds(facts, response);
    metrics.add('a2a_stream_events_total', labels);
  };
}

/** Notes what a stream has failed with, and writes it. In a scope of its own: streams last, and calls are large. */
function telling(
  context: RequestContext,
  errorEvent: (error: WireError) => string,
): (error: unknown) => string {
  return (error) => {
    const wire = toWireError(error);
    context.streamError = wire.reason;
    if (wire.unexpected) context.log.error({ err: error }, 'stream failed');
    else context.log.info({ reason: wire.reason }, wire.message);
    return errorEvent(wire);
  };
}

/**
 * The position to go on from. Only the bridge knows what one looks like; what could not even be a header that
 * it has sent is refused here.
 */
function readLastEventId(ctx: Context): string | undefined {
  const id = ctx.get('Last-Event-ID');
  if (id === '') return undefined;
  if (/^[\x21-\x7e]{1,255}$/.test(id)) return id;
  throw new InvalidParamsError([
    { field: 'Last-Event-ID', description: 'must be the id of an event of this stream' },
  ]);
}
