import { log, operationInfo } from '@temporalio/nexus';
import { HandlerError, type OperationContext, OperationError, type StartOperationContext } from 'nexus-rpc';
import { AUDIT_FAILED, type Audit, tell } from '../audit/audit';
import { toWireError } from '../api/error-table';
import { statusOf } from '../api/request-audit';
import { readTraceFields } from '../contract/trace';
import { type Meter, NO_METER } from '../metrics/meter';
import { NO_TRACING, type Tracing } from '../tracing/tracing';
import { callerNamespace } from './caller';
import { handlerError } from './errors';

/** What is known of a request while it is carried out. */
export interface NexusFacts {
  /** ID of the agent; empty when the request names none that there is. */
  agent: string;
  taskId?: string | undefined;
  contextId?: string | undefined;
  owner?: string;
}

interface NexusRequestsOptions {
  metrics?: Meter | undefined;
  tracing?: Tracing | undefined;
  audit?: Audit | undefined;
}

/** Requests over Nexus, with what each comes to: counted and traced, and an error that Temporal does not retry. */
export class NexusRequests {
  private readonly metrics: Meter;
  private readonly tracing: Tracing;
  private readonly audit: Audit | undefined;

  constructor({ metrics = NO_METER, tracing = NO_TRACING, audit }: NexusRequestsOptions) {
    this.metrics = metrics;
    this.tracing = tracing;
    this.audit = audit;
  }

  /**
   * Carries out a request, as a part of the caller's trace. Whatever it throws becomes a handler error that Temporal does
   * not retry: three retryable ones would close the endpoint to all callers of a namespace for a minute. What nobody
   * foresaw is logged, and told to nobody.
   */
  async serve<T>(
    operation: string,
    context: OperationContext & Partial<Pick<StartOperationContext, 'requestId' | 'inboundLinks'>>,
    run: (facts: NexusFacts) => Promise<T>,
  ): Promise<T> {
    const { headers, requestId, inboundLinks } = context;
    const facts: NexusFacts = { agent: '' };
    const started = performance.now();
    const span = this.tracing.start({
      name: operation,
      kind: 'server',
      parent: readTraceFields((name) => headers[name] ?? ''),
      attributes: {
        'a2a.method.name': operation,
        'a2a.protocol.version': '1.0',
        'a2a.protocol.binding': 'NEXUS',
      },
    });
    let outcome = 'OK';
    try {
      return await span.run(() => run(facts));
    } catch (error) {
      const failed = failureOf(error);
      ({ outcome } = failed);
      throw failed.error;
    } finally {
      const { agent, taskId } = facts;
      const milliseconds = performance.now() - started;
      const labels = { operation, agent, outcome };
      this.metrics.observe('a2a_nexus_request_duration_seconds', labels, milliseconds / 1_000);
      if (this.audit !== undefined) {
        tell(this.audit, (error) => log.error(AUDIT_FAILED, { error }), {
          operation,
          binding: 'NEXUS',
          version: '1.0',
          outcome,
          status: statusOf(outcome),
          agent: agent || undefined,
          taskId,
          contextId: facts.contextId,
          owner: facts.owner,
          namespace: inboundLinks && callerNamespace({ inboundLinks }),
          endpoint: operationInfo().endpoint,
          requestId,
          traceId: span.ids.trace_id,
          milliseconds,
        });
      }
      span.set({
        'gen_ai.operation.name': operation === 'SendMessage' ? 'invoke_agent' : undefined,
        'gen_ai.agent.id': agent === '' ? undefined : agent,
        'a2a.task.id': taskId,
      });
      span.end(outcome === 'OK' ? undefined : { type: outcome });
    }
  }
}

function failureOf(error: unknown): { outcome: string; error: unknown } {
  if (error instanceof HandlerError) return { outcome: error.type, error };
  if (error instanceof OperationError) return { outcome: error.state.toUpperCase(), error };
  const { reason, message, grpcStatus, unexpected } = toWireError(error);
  if (unexpected) log.error('a Nexus operation has failed', { error });
  return { outcome: reason, error: handlerError(grpcStatus, reason, message) };
}
