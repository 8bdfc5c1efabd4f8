import {
  ApplicationFailure,
  ChildWorkflowFailure,
  defineSignal,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';

/**
 * Workflows as other languages write them: of Temporal's SDK alone, with nothing of this package. What crosses is
 * JSON, with null for what is not set.
 */

interface Json {
  [key: string]: unknown;
}

/** What {@link foreignCaller} is to do. */
export interface ForeignCall {
  /** The argument of `a2aCall`, as it is. */
  call: unknown;
  /** What it answers, one after the other, when it is asked. */
  answers?: unknown[];
  /** ID of the call's workflow. */
  callId?: string;
}

/** What has become of the call. */
export interface ForeignReport {
  answer?: Json;
  questions: Json[];
  failure?: { type: string | null; message: string; nonRetryable: boolean | null; details: unknown };
}

interface ForeignStart {
  message: { parts: { data?: unknown }[] };
}

/** Calls an agent as a child workflow. It is an agent itself when it is started as one. */
export async function foreignCaller(argument: ForeignCall | ForeignStart): Promise<ForeignReport> {
  const plan = ('message' in argument ? argument.message.parts[0]?.data : argument) as ForeignCall;
  const questions: Json[] = [];
  const answers = [...(plan.answers ?? [])];
  setHandler(defineSignal<[Json]>('a2a_question'), async (question) => {
    questions.push(question);
    if (answers.length === 0) return;
    await getExternalWorkflowHandle(String(question.callId)).signal('a2a_message', answers.shift());
  });
  try {
    const answer = await executeChild('a2aCall', {
      args: [plan.call],
      taskQueue: workflowInfo().taskQueue,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      ...(plan.callId !== undefined && { workflowId: plan.callId }),
    });
    return { answer: answer as Json, questions };
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ChildWorkflowFailure)) throw error;
    const { cause } = error;
    if (!(cause instanceof ApplicationFailure)) throw error;
    const { type, message, nonRetryable, details } = cause;
    return {
      questions,
      failure: {
        type: type ?? null,
        message,
        nonRetryable: nonRetryable ?? null,
        details: details?.[0] ?? null,
      },
    };
  }
}
