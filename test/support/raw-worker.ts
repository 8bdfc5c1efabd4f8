import { setMaxListeners } from 'node:events';
import { Connection } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { cleanUpAfterAll, type TestTemporal } from './temporal';

/**
 * A worker without an SDK: it completes workflow tasks with the very commands that a test wants, so that histories
 * hold what workers of other languages write.
 */

export type Command = temporal.api.command.v1.ICommand;
export type Failure = temporal.api.failure.v1.IFailure;
export type Event = temporal.api.history.v1.IHistoryEvent;

const { CommandType, QueryResultType } = temporal.api.enums.v1;

export interface RawTask {
  workflowId: string;
  workflowType: string;
  events: Event[];
  /** Names of the signals so far. */
  signals: string[];
}

/** What a workflow does in one of its workflow tasks; with no commands it waits for the next. */
export type Decide = (task: RawTask) => Command[];

export async function startRawWorker(
  { address, namespace }: TestTemporal,
  taskQueue: string,
  decide: Decide,
): Promise<void> {
  const connection = await Connection.connect({ address });
  const { workflowService: service } = connection;
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  const poll = () =>
    connection.withAbortSignal(stopping.signal, () =>
      connection.withDeadline(Date.now() + 70_000, () =>
        service.pollWorkflowTaskQueue({ namespace, taskQueue: { name: taskQueue }, identity: 'raw-worker' }),
      ),
    );
  const run = async () => {
    while (!stopping.signal.aborted) {
      try {
        const { taskToken, workflowExecution, workflowType, history, query } = await poll();
        if (!taskToken?.length) continue;
        if (query) {
          const completedType = QueryResultType.QUERY_RESULT_TYPE_FAILED;
          await service.respondQueryTaskCompleted({
            namespace,
            taskToken,
            completedType,
            errorMessage: 'no such query',
          });
          continue;
        }
        const events = history?.events ?? [];
        const signals = events.flatMap(
          (event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? [],
        );
        const task = {
          workflowId: workflowExecution?.workflowId ?? '',
          workflowType: workflowType?.name ?? '',
          events,
          signals,
        };
        await service.respondWorkflowTaskCompleted({
          namespace,
          taskToken,
          identity: 'raw-worker',
          commands: decide(task),
        });
      } catch (error) {
        if (!stopping.signal.aborted) process.stderr.write(`raw worker: ${String(error)}\n`);
      }
    }
  };
  const running = run();
  cleanUpAfterAll(async () => {
    stopping.abort();
    await running;
    await connection.close();
  });
}

/** A payload as some SDK writes it. */
export function payload(
  encoding: string | undefined,
  data: string | Uint8Array = '',
  more: Record<string, string> = {},
): Payload {
  const metadata = { ...(encoding !== undefined && { encoding }), ...more };
  return {
    metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, Buffer.from(value)])),
    data: typeof data === 'string' ? Buffer.from(data) : data,
  };
}

export const json = (value: unknown): Payload => payload('json/plain', JSON.stringify(value));

/** As Go, Java and Python write a protobuf message. */
export const jsonProtobuf = (value: unknown, messageType = 'acme.Receipt'): Payload =>
  payload('json/protobuf', JSON.stringify(value), { messageType });

export function complete(result?: Payload): Command {
  return {
    commandType: CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
    completeWorkflowExecutionCommandAttributes: { ...(result && { result: { payloads: [result] } }) },
  };
}

export function fail(failure: Failure): Command {
  return {
    commandType: CommandType.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION,
    failWorkflowExecutionCommandAttributes: { failure },
  };
}

export function upsertMemo(fields: Record<string, Payload>): Command {
  return {
    commandType: CommandType.COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES,
    modifyWorkflowPropertiesCommandAttributes: { upsertedMemo: { fields } },
  };
}

/** An ApplicationFailure, as in `raise ApplicationError("card declined", receipt)`. */
export function applicationFailure(message: string, details: Payload[] = [], more: Failure = {}): Failure {
  const { applicationFailureInfo, ...rest } = more;
  return {
    message,
    source: 'PythonSDK',
    applicationFailureInfo: {
      type: 'ApplicationError',
      details: { payloads: details },
      ...applicationFailureInfo,
    },
    ...rest,
  };
}

/** Goes on in a new run with this argument. */
export function continueAsNew(
  { workflowType, events }: RawTask,
  taskQueue: string,
  argument: Payload,
): Command {
  // As the SDKs do.
  const { searchAttributes } = events[0]?.workflowExecutionStartedEventAttributes ?? {};
  return {
    commandType: CommandType.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION,
    continueAsNewWorkflowExecutionCommandAttributes: {
      workflowType: { name: workflowType },
      taskQueue: { name: taskQueue },
      input: { payloads: [argument] },
      ...(searchAttributes && { searchAttributes }),
    },
  };
}

export function cancel(): Command {
  return {
    commandType: CommandType.COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION,
    cancelWorkflowExecutionCommandAttributes: {},
  };
}

/** One that does not fire while a test runs. */
export function startTimer(timerId: string): Command {
  return {
    commandType: CommandType.COMMAND_TYPE_START_TIMER,
    startTimerCommandAttributes: { timerId, startToFireTimeout: { seconds: 3_600 as never } },
  };
}
