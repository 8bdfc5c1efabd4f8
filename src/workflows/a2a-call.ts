import {
  condition,
  defineQuery,
  defineSignal,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { TaskUpdate } from '../a2a/task-update';
import type { Artifact, Part, Task } from '../a2a/types';
import { type Caller, type CallQuestion, QUESTION_NAME } from '../contract/a2a-call';
import type { Relay } from '../contract/agent-call';
import { MESSAGE_SIGNAL, UPDATE_NAME } from '../contract/contract';
import { valueIn } from '../contract/payload';
import { maxPayloadBytes } from '../contract/limits';
import { fittingAnswer } from '../contract/payload-limit';
import { payloadMode } from './payload-mode';
import { renameArtifacts } from './artifact-names';
import { type AgentAnswer, callAgent } from './call-agent';
import { readAnswer, readCallInput } from './call-input';
import type { CallOptions } from './call-options';
import { type CallingTask, setCallingTask } from './calling-task';
import { DESCRIPTIONS } from './descriptions';
import { parentTold, relayToParent, signalParent } from './parent';
import { rawArgument, readRaw } from './readings';
import { receivedUpdates } from './received';
import { unwrapped } from './unwrapped';

const messageSignal = defineSignal<[unknown]>(MESSAGE_SIGNAL, { typeInfo: rawArgument });
const updateSignal = defineSignal<[unknown]>(UPDATE_NAME, { typeInfo: rawArgument });
const questionQuery = defineQuery<Task | null>(QUESTION_NAME);

/** What the call needs beside what `callAgent()` does. */
export interface CallerActivities {
  /** Null when the workflow is no task of this bridge. */
  describeCaller(workflowId: string, runId: string): Promise<Caller | null>;
}

/**
 * `callAgent()` for workflows in any language, which start it as a child workflow (docs/calling-agents.md). Its
 * result is a SendMessageResponse; its failures are ApplicationFailures of the types that `callAgent()` and the
 * activities below it have.
 */
export async function a2aCall(input: unknown): Promise<AgentAnswer> {
  const questions = new Questions();
  const { target, message, options } = readCallInput(input);
  const { onInput = 'fail', relay = 'none', ...rest } = options;
  const agent = typeof target === 'string' ? target : target.url;
  const caller = await findCaller();
  const shown: Relay = caller === undefined || caller.plain ? 'none' : relay;
  if (caller !== undefined) setCallingTask(new Parent(caller, shown));
  const callOptions: CallOptions = {
    ...rest,
    relay: shown,
    ...(onInput === 'signal' && { onInput: (task: Task) => questions.ask({ agent, task }) }),
  };
  try {
    return fittingAnswer(await callAgent(target, message, callOptions), maxPayloadBytes(payloadMode()));
  } catch (error) {
    throw unwrapped(error);
  }
}

async function findCaller(): Promise<Caller | undefined> {
  const { parent } = workflowInfo();
  if (parent === undefined) return undefined;
  const { describeCaller } = proxyActivities<CallerActivities>({
    startToCloseTimeout: '10 seconds',
    summary: 'Which task this call is made for',
  });
  return (await describeCaller(parent.workflowId, parent.runId)) ?? undefined;
}

/** The task that the parent workflow is. */
class Parent implements CallingTask {
  readonly id: string;
  readonly contextId: string;
  readonly owner: string;
  readonly callDepth: number;
  /** Its own artifacts are not known here. */
  task: { artifacts?: Artifact[] } = {};

  constructor(
    { id, contextId, owner, callDepth }: Caller,
    private readonly shown: Relay,
  ) {
    this.id = id;
    this.contextId = contextId;
    this.owner = owner;
    this.callDepth = callDepth;
    // The parent may make several calls, whose artifacts must not be mixed.
    renameArtifacts();
    // A remote agent is called by an activity, which reports to the workflow that it is in.
    setHandler(
      updateSignal,
      (raw) => {
        for (const update of receivedUpdates(valueIn(readRaw(raw)))) this.relay(update);
      },
      { description: DESCRIPTIONS.update },
    );
  }

  relay(update: TaskUpdate): void {
    if (this.shown !== 'none') relayToParent(update);
  }
}

/** Questions of the called task to the parent workflow, one after the other. */
class Questions {
  private open: { task: Task; answer?: Part[]; error?: unknown } | undefined;
  /** The called task may ask several things at once. */
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor() {
    setHandler(questionQuery, () => this.open?.task ?? null, {
      description: 'The called Task that waits for an answer, or null',
    });
    setHandler(messageSignal, (raw) => this.hear(valueIn(readRaw(raw))), {
      description: 'The answer for the called task: text, parts, or a Message',
    });
  }

  ask(question: Omit<CallQuestion, 'callId'>): Promise<Part[]> {
    const { last } = this;
    const answer = this.waiting > 0 ? last.then(() => this.askOne(question)) : this.askOne(question);
    this.waiting += 1;
    this.last = answer.then(
      () => this.waiting--,
      () => this.waiting--,
    );
    return answer;
  }

  private async askOne({ agent, task }: Omit<CallQuestion, 'callId'>): Promise<Part[]> {
    const question: NonNullable<Questions['open']> = { task };
    this.open = question;
    try {
      await parentTold();
      const { workflowId: callId } = workflowInfo();
      await signalParent(QUESTION_NAME, { callId, agent, task } satisfies CallQuestion);
      await condition(() => question.answer !== undefined || question.error !== undefined);
      if (question.answer === undefined) throw question.error;
      return question.answer;
    } finally {
      if (this.open === question) this.open = undefined;
    }
  }

  private hear(said: unknown): void {
    // To nothing that was asked.
    if (this.open === undefined) return;
    try {
      this.open.answer ??= readAnswer(said);
    } catch (error) {
      this.open.error ??= error;
    }
  }
}
