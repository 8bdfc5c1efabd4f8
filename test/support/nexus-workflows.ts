import { NexusOperationFailure } from '@temporalio/common';
import {
  ApplicationFailure,
  CancellationScope,
  createNexusServiceClient,
  isCancellation,
  type StartNexusOperationOptions,
  sleep,
} from '@temporalio/workflow';
import { HandlerError, operation, service } from 'nexus-rpc';

/** What a workflow of another namespace does: operations one after the other. */
export interface NexusPlan {
  endpoint: string;
  calls: NexusCall[];
}

export interface NexusCall {
  operation: string;
  input: unknown;
  options?: Partial<StartNexusOperationOptions>;
  /** Cancels the operation after so many ms. */
  cancelAfter?: number;
}

/** What one of them has brought; of a failure everything that its caller can see. */
export interface NexusReport {
  result?: unknown;
  canceled?: true;
  handlerError?: string;
  retryable?: boolean;
  failure?: { type: string | null; message: string; nonRetryable: boolean; details: unknown };
  /** All stack traces of the failure and its causes. */
  stacks?: string;
}

/** As callers in any language see the service: names and JSON. */
const agents = service('A2AService', {
  SendMessage: operation<unknown, unknown>(),
  GetTask: operation<unknown, unknown>(),
  CancelTask: operation<unknown, unknown>(),
  Nothing: operation<unknown, unknown>(),
});

export async function nexusCaller({ endpoint, calls }: NexusPlan): Promise<NexusReport[]> {
  const client = createNexusServiceClient({ endpoint, service: agents });
  const reports: NexusReport[] = [];
  for (const call of calls) {
    const scope = new CancellationScope();
    if (call.cancelAfter !== undefined) void sleep(call.cancelAfter).then(() => scope.cancel());
    try {
      const name = call.operation as 'GetTask';
      reports.push({
        result: await scope.run(() => client.executeOperation(name, call.input, call.options)),
      });
    } catch (error) {
      if (CancellationScope.current().consideredCancelled || !(error instanceof NexusOperationFailure))
        throw error;
      reports.push(reportOf(error));
    }
  }
  return reports;
}

function reportOf(failure: NexusOperationFailure): NexusReport {
  const report: NexusReport = { stacks: '' };
  if (isCancellation(failure)) report.canceled = true;
  // Its own stack is that of the caller.
  for (let each = failure.cause; each instanceof Error; each = each.cause as Error | undefined) {
    report.stacks += each.stack ?? '';
    if (each instanceof HandlerError) {
      report.handlerError = each.type;
      report.retryable = each.retryable;
    }
    if (each instanceof ApplicationFailure && report.failure === undefined) {
      const { type = null, message, nonRetryable = false, details } = each;
      report.failure = { type, message, nonRetryable: nonRetryable === true, details: details?.[0] ?? null };
    }
  }
  return report;
}
