import {
  ApplicationFailure,
  ChildWorkflowFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  sleep,
  upsertMemo,
  uuid4,
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

/** One thing that {@link foreign} does. */
export type ForeignStep =
  | { working: string }
  | { artifact: string; text: string; append?: boolean; last?: boolean }
  /** Waits for an answer; says that work goes on unless it is a silent one. */
  | { ask: string; silent?: boolean }
  /** Updates by signal, from an activity. */
  | { signal: ForeignStep[] }
  /** An artifact of so many characters, in the same way. */
  | { large: number }
  | { sleep: number }
  | { continueAsNew: true }
  /** Runs until it is cancelled. */
  | { forever: true }
  | { fail: string; type?: string }
  /** The result, with what was answered as `answers`. */
  | { result: Json }
  | { text: string };

interface ForeignTaskStart {
  task: Json & { id: string; contextId: string };
  message: { parts: { data?: { steps: ForeignStep[] } | null }[] };
  from?: number;
}

const { signalUpdates } = proxyActivities<{ signalUpdates(updates: Json[]): Promise<void> }>({
  startToCloseTimeout: '60 seconds',
});

/** A contract workflow: does what the data part of its first message says, and tells it by its memo. */
export async function foreign(start: ForeignTaskStart): Promise<unknown> {
  const { id, contextId } = start.task;
  const messages: Json[] = [];
  const seen = new Set<unknown>();
  setHandler(defineSignal<[Json]>('a2a_message'), (message) => {
    // As docs/contract.md has it: one whose ID the task has seen is dropped.
    if (seen.has(message.messageId)) return;
    seen.add(message.messageId);
    messages.push(message);
  });
  setHandler(defineQuery<Json>('a2a_task'), () => ({
    id,
    contextId,
    status: { state: 'TASK_STATE_WORKING', message: null, timestamp: null },
    artifacts: null,
    history: null,
    metadata: null,
  }));
  const tell = (update: Json) => {
    upsertMemo({ a2a_update: update });
    upsertMemo({ a2a_update: null });
  };
  const answers: unknown[] = [];
  const { steps } = start.message.parts.find(({ data }) => data)?.data ?? { steps: [] };
  for (const [index, step] of steps.entries()) {
    if (index < (start.from ?? 0)) continue;
    if ('working' in step || 'artifact' in step) tell(updateOf(step));
    else if ('ask' in step) {
      tell(status('TASK_STATE_INPUT_REQUIRED', step.ask));
      await condition(() => messages.length > 0);
      answers.push((messages.shift()?.parts as Json[] | undefined)?.[0]?.text);
      if (step.silent !== true) tell(status('TASK_STATE_WORKING', null));
    } else if ('signal' in step) await signalUpdates(step.signal.map(updateOf));
    else if ('large' in step) {
      await signalUpdates([updateOf({ artifact: 'large', text: 'x'.repeat(step.large) })]);
    } else if ('sleep' in step) await sleep(step.sleep);
    else if ('continueAsNew' in step) await continueAsNew<typeof foreign>({ ...start, from: index + 1 });
    else if ('forever' in step) await condition(() => false);
    else if ('fail' in step) throw ApplicationFailure.nonRetryable(step.fail, step.type);
    else if ('result' in step) return { ...step.result, answers };
    else return step.text;
  }
  return null;
}

function updateOf(step: ForeignStep): Json {
  if ('working' in step) return status('TASK_STATE_WORKING', step.working);
  if (!('artifact' in step)) throw ApplicationFailure.nonRetryable('only statuses and artifacts are updates');
  const { artifact: artifactId, text, append = null, last = null } = step;
  const parts = [{ text, raw: null, url: null, metadata: null, filename: null, mediaType: null }];
  const artifact = { artifactId, name: null, description: null, parts, metadata: null, extensions: null };
  return { statusUpdate: null, artifactUpdate: { artifact, append, lastChunk: last, metadata: null } };
}

function status(state: string, text: string | null): Json {
  const parts = [{ text, raw: null, url: null, metadata: null, filename: null, mediaType: null }];
  const message = {
    messageId: uuid4(),
    contextId: null,
    taskId: null,
    role: 'ROLE_AGENT',
    parts,
    metadata: null,
    extensions: null,
    referenceTaskIds: null,
  };
  return {
    statusUpdate: {
      status: { state, message: text === null ? null : message, timestamp: new Date().toISOString() },
      metadata: null,
    },
    artifactUpdate: null,
  };
}
