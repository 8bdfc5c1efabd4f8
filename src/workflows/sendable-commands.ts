import {
  ApplicationFailure,
  ContinueAsNew,
  type WorkflowOutboundCallsInterceptor,
} from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes';
import {
  MAX_COMMAND_BYTES,
  MAX_WORKFLOW_TASK_BYTES,
  tooLarge,
  tooMuchAtOnce,
  withBeginning,
} from '../contract/limits';
import { type Command, type MeasuredCommand, measure } from './command-size';
import { hasFlag, WorkflowFlags } from './flags';
import { payloadMode } from './payload-mode';
import { readError } from './readings';
import { WorkflowTaskBytes } from './workflow-task-size';

/** Each workflow has modules, and so variables, of its own. */
const sent = new WorkflowTaskBytes();

/**
 * From now on the commands of this workflow are measured before they are given: Temporal refuses what is too large, and
 * the worker would try the workflow task again for ever.
 *
 * What the workflow asks for throws, where it asks: ApplicationFailure `A2A_PAYLOAD_TOO_LARGE`, not retryable, that names
 * what is too large, its size and the limit. A query or an update whose answer is too large fails in that way, and a
 * failure that is too large loses the end of its message and its details.
 */
export function measureCommands(): void {
  const activator = getActivator();
  const push = activator.pushCommand.bind(activator);
  activator.pushCommand = (command, complete) => {
    if (payloadMode() === 'coded') return push(command, complete);
    const measured = measure(command);
    push(
      measured.largest > MAX_COMMAND_BYTES ? smaller(command, measured) : counted(command, measured),
      complete,
    );
  };
}

/** The same for what continue-as-new carries over: it is a command only when the workflow's code has ended. */
export const sendableContinuation: WorkflowOutboundCallsInterceptor = {
  continueAsNew: (input, next) =>
    next(input).catch((error: unknown) => {
      if (error instanceof ContinueAsNew && payloadMode() !== 'coded') {
        const { what, largest } = measure({ continueAsNewWorkflowExecution: error.command });
        if (largest > MAX_COMMAND_BYTES)
          refuse(tooLarge(what, largest, { unit: 'bytes', max: MAX_COMMAND_BYTES }));
      }
      throw error;
    }),
};

/** @throws ApplicationFailure when nothing else can be said in its place */
function smaller(command: Command, { what, largest }: MeasuredCommand): Command {
  const text = tooLarge(what, largest, { unit: 'bytes', max: MAX_COMMAND_BYTES });
  const { respondToQuery, updateResponse, failWorkflowExecution, completeWorkflowExecution } = command;
  if (respondToQuery)
    return { ...command, respondToQuery: { ...respondToQuery, succeeded: null, failed: failure(text) } };
  if (updateResponse) {
    return { ...command, updateResponse: { ...updateResponse, completed: null, rejected: failure(text) } };
  }
  if (completeWorkflowExecution) return { failWorkflowExecution: { failure: failure(text) } };
  if (failWorkflowExecution?.failure) {
    const { message, type } = readError(getActivator().failureToError(failWorkflowExecution.failure));
    return {
      ...command,
      failWorkflowExecution: {
        failure: failure(withBeginning(text, message), type),
      },
    };
  }
  refuse(text);
  return command;
}

/** @throws ApplicationFailure when it is too much with what else the workflow task has sent */
function counted(command: Command, { what, total }: MeasuredCommand): Command {
  // Answers to queries go on their own.
  if (command.respondToQuery) return command;
  const bytes = sent.with(total);
  if (bytes > MAX_WORKFLOW_TASK_BYTES) {
    const text = tooMuchAtOnce(what, bytes);
    if (command.completeWorkflowExecution) return { failWorkflowExecution: { failure: failure(text) } };
    if (!command.failWorkflowExecution && !command.updateResponse) refuse(text);
  }
  sent.set(bytes);
  return command;
}

/** Runs of before may have sent it, through a codec that made it smaller. */
function refuse(text: string): void {
  if (hasFlag(WorkflowFlags.sizedCommands))
    throw ApplicationFailure.nonRetryable(text, 'A2A_PAYLOAD_TOO_LARGE');
}

function failure(text: string, type = 'A2A_PAYLOAD_TOO_LARGE') {
  return getActivator().errorToFailure(ApplicationFailure.nonRetryable(text, type));
}
