import type { Duration } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time';
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  sleep,
} from '@temporalio/workflow';
import type { JsonValue, Part } from '../a2a/types';
import { CALL_FAILURES, type RemoteAgent, type ResolvedAgent } from '../contract/agent-call';
import type { ChainDefinition, ChainStep } from '../contract/chain-definition';
import { summaryOf } from '../contract/summary';
import { ExpressionError } from '../expressions/expression';
import { fill } from '../expressions/template';
import type { A2ATask } from './a2a-task';
import { callResolvedAgent, resolveAgent } from './call-agent';
import { isCallFailure } from './call-failure';
import { ChainExpressions } from './chain-expressions';
import { ChainProgress } from './chain-progress';
import { ChainRoom, isTooLong } from './chain-room';
import {
  CHAIN_FAILED,
  failedOutcome,
  itemOutcome,
  joinOutcomes,
  mappedOutcome,
  outcomeOf,
  partsOf,
  type StepOutcome,
  viewOf,
} from './chain-values';
import { mapConcurrently } from './map-concurrently';
import { readError } from './readings';
import { TIMED_OUT, timed } from './timed';

/** Items of one `forEach`; more would fill the history of the task. */
const MAX_ITEMS = 1_000;

/** What steps see of what was before them. */
interface ChainScope {
  steps: Record<string, JsonValue>;
  previous: StepOutcome | undefined;
  /** The item that the steps are taken for. */
  item?: { value: JsonValue; index: number; of: number } | undefined;
}

/** One task of a chain. */
export class ChainRun {
  private readonly scope: ChainScope = { steps: {}, previous: undefined };
  private readonly progress = new ChainProgress();
  private readonly expressions = new ChainExpressions();
  private readonly room: ChainRoom;

  constructor(
    private readonly task: A2ATask,
    private readonly definition: ChainDefinition,
  ) {
    this.room = new ChainRoom(definition.historyLimits);
  }

  /** Takes all steps. What the last one that was not left out has brought. */
  async all(): Promise<StepOutcome | undefined> {
    return this.sequence(this.definition.steps, this.scope);
  }

  /** What a template makes of all steps. */
  async result(template: JsonValue): Promise<JsonValue | undefined> {
    return this.fill('the result of the chain', template, this.scope);
  }

  private async sequence(steps: readonly ChainStep[], scope: ChainScope): Promise<StepOutcome | undefined> {
    let last: StepOutcome | undefined;
    for (const step of steps) {
      const outcome = await this.step(step, scope);
      if (outcome === undefined || outcome.failed === true) continue;
      last = outcome;
      scope.previous = outcome;
    }
    return last;
  }

  /** Undefined when the step is left out. */
  private async step(step: ChainStep, scope: ChainScope): Promise<StepOutcome | undefined> {
    const { name, when, forEach } = step;
    let outcome: StepOutcome;
    try {
      if (when !== undefined && !isTrue(await this.fill(`${name}: when`, when, scope))) {
        this.say(step, scope, 'skipped');
        return undefined;
      }
      outcome =
        forEach === undefined ? await this.orElse(step, scope) : await this.forEach(step, forEach, scope);
    } catch (error) {
      if (isCancelled(error)) throw error;
      if (step.onError !== 'continue' || isTooLong(error)) throw named(name, error);
      outcome = failedOutcome(describe(error));
    }
    scope.steps[name] = outcome.value;
    return outcome;
  }

  private async forEach(step: ChainStep, items: JsonValue, scope: ChainScope): Promise<StepOutcome> {
    const { name, concurrency = 10 } = step;
    const found = (await this.fill(`${name}: forEach`, items, scope)) ?? [];
    const list = Array.isArray(found) ? found : [found];
    if (list.length > MAX_ITEMS) {
      throw failure(`forEach is for at most ${MAX_ITEMS} items; there are ${list.length}`);
    }
    const outcomes = await mapConcurrently(list, concurrency, async (value, index) => {
      const item = { value, index, of: list.length };
      return this.orElse(step, { steps: { ...scope.steps }, previous: itemOutcome(value), item });
    });
    return joinOutcomes(
      outcomes.map((outcome) => outcome.value),
      outcomes.map((outcome, index) => [`${name}[${index}]`, outcome]),
    );
  }

  /** Does what the step says for the case that it fails. */
  private async orElse(step: ChainStep, scope: ChainScope): Promise<StepOutcome> {
    const { onError = 'fail' } = step;
    try {
      return await this.attempts(step, scope);
    } catch (error) {
      if (isCancelled(error) || isTooLong(error)) throw error;
      const why = describe(error);
      this.say(step, scope, 'failed', { reason: why.message });
      if (onError === 'fail') throw error;
      if (onError === 'continue') return failedOutcome(why);
      return this.attempts(instead(step, onError), scope);
    }
  }

  private async attempts(step: ChainStep, scope: ChainScope): Promise<StepOutcome> {
    const {
      maximumAttempts = 3,
      initialInterval = '1s',
      maximumInterval = '100s',
      backoffCoefficient = 2,
    } = step.retry ?? { maximumAttempts: 1 };
    for (let attempt = 1; ; attempt++) {
      try {
        this.say(step, scope, 'started', attempt > 1 ? { attempt } : {});
        const outcome = await timed(step.timeout, placeOf(step, scope), () => this.attempt(step, scope));
        this.say(step, scope, 'completed');
        return outcome;
      } catch (error) {
        if (attempt >= maximumAttempts || !isWorthRetrying(error)) throw error;
        this.say(step, scope, 'retrying', { attempt, reason: describe(error).message });
        const backoff = msToNumber(initialInterval as Duration) * backoffCoefficient ** (attempt - 1);
        await sleep(Math.min(backoff, msToNumber(maximumInterval as Duration)), {
          summary: summaryOf(`${placeOf(step, scope)}: until attempt ${attempt + 1}`),
        });
      }
    }
  }

  private async attempt(step: ChainStep, scope: ChainScope): Promise<StepOutcome> {
    const outcome = await this.take(step, scope);
    if (step.result === undefined) return outcome;
    const mapped = await this.fill(`${step.name}: result`, step.result, scope, { result: outcome.value });
    return mappedOutcome(step.name, mapped ?? null);
  }

  private async take(step: ChainStep, scope: ChainScope): Promise<StepOutcome> {
    if (step.parallel !== undefined) return this.parallel(step.parallel, scope);
    if (step.steps !== undefined) {
      const last = await this.sequence(step.steps, scope);
      return last ?? { value: null, parts: scope.previous?.parts ?? this.task.message.parts, artifacts: [] };
    }
    return this.room.forCall(() => this.call(step, scope));
  }

  private async parallel(branches: readonly ChainStep[], scope: ChainScope): Promise<StepOutcome> {
    const outcomes = await mapConcurrently(branches, branches.length, async (branch) => {
      const own: ChainScope = { ...scope, steps: { ...scope.steps } };
      const outcome = await this.step(branch, own);
      return { outcome, steps: own.steps };
    });
    for (const { steps } of outcomes) Object.assign(scope.steps, steps);
    const byName = branches.map(({ name }): [string, JsonValue] => [name, scope.steps[name] ?? null]);
    return joinOutcomes(
      Object.fromEntries(byName),
      branches.map(({ name }, index) => [name, outcomes[index]?.outcome]),
    );
  }

  private async call(step: ChainStep, scope: ChainScope): Promise<StepOutcome> {
    const agent = await this.resolve(step);
    const parts = await this.messageOf(step, scope);
    const answer = await callResolvedAgent(agent, parts, {
      relay: this.isLast(step) ? 'all' : 'status',
      // The items of a `forEach` are no conversation.
      ...((step.keepContext === false || scope.item !== undefined) && { keepContext: false }),
      summary: placeOf(step, scope),
      asker: {
        step: step.name,
        ...(scope.item !== undefined && { index: scope.item.index, of: scope.item.of }),
      },
      ...(step.waiting !== undefined && { waiting: step.waiting }),
    });
    return outcomeOf(answer, step.agent ?? step.url ?? '');
  }

  private async messageOf(step: ChainStep, scope: ChainScope): Promise<Part[]> {
    if (step.message !== undefined) {
      const value = await this.fill(`${step.name}: message`, step.message, scope);
      if (value === undefined) throw failure('its message is empty: the expression has no value');
      return partsOf(value);
    }
    return scope.previous?.parts ?? this.task.message.parts;
  }

  /** What the task's artifacts will be, so that they may be shown as they come. */
  private isLast(step: ChainStep): boolean {
    return (
      this.definition.result === undefined &&
      step === this.definition.steps.at(-1) &&
      [step.forEach, step.result, step.retry, step.onError].every((field) => field === undefined)
    );
  }

  private async resolve(step: ChainStep): Promise<ResolvedAgent> {
    if (step.url !== undefined) {
      const { url, credentials, requireSignature, bindings } = step;
      return resolveAgent(
        defined({ url, credentials, requireSignature, bindings }) as RemoteAgent & { url: string },
      );
    }
    const id = step.agent ?? '';
    return this.definition.agents?.[id] ?? resolveAgent(id);
  }

  private async fill(
    where: string,
    template: JsonValue,
    scope: ChainScope,
    more: Record<string, JsonValue> = {},
  ): Promise<JsonValue | undefined> {
    const { message, id, contextId, agentId } = this.task;
    const own = viewOf(message.parts);
    const { item, steps, previous } = scope;
    const variables = {
      input: own.data ?? own.text,
      message: { ...own, metadata: message.metadata ?? {} },
      task: { id, contextId, agentId, metadata: this.task.metadata },
      steps,
      previous: previous?.value,
      ...(item !== undefined && { item: item.value, index: item.index }),
      ...more,
    };
    try {
      return await fill(template, (source) => this.expressions.evaluate(source, variables));
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      throw failure(`${where}: ${error.message}`);
    }
  }

  /** Tells the client how a step goes: a sentence, and the same as data. */
  private say(
    step: ChainStep,
    { item }: ChainScope,
    event: 'started' | 'completed' | 'failed' | 'skipped' | 'retrying',
    more: { attempt?: number; reason?: string } = {},
  ): void {
    const place = placeOf(step, { item });
    this.progress.note(place, event);
    const why = more.reason === undefined ? '' : `: ${more.reason}`;
    const agent = step.agent ?? step.url;
    this.task.working([
      { text: `${place} ${event}${why}` },
      {
        data: {
          step: step.name,
          event,
          ...(agent !== undefined && { agent }),
          ...(item !== undefined && { index: item.index, of: item.of }),
          ...more,
        },
      },
    ]);
  }
}

/** The step, and which item it is taken for. */
function placeOf({ name }: ChainStep, { item }: Pick<ChainScope, 'item'>): string {
  return item === undefined ? name : `${name} (${item.index + 1} of ${item.of})`;
}

/** The step with another agent. Credentials are those of the agent that they were given for. */
function instead(step: ChainStep, target: string): ChainStep {
  const { name, message, result, timeout, retry, keepContext, requireSignature } = step;
  const remote = /^https?:/i.test(target);
  return {
    ...{ name, message, result, timeout, retry, keepContext },
    ...(remote ? { url: target, requireSignature } : { agent: target }),
  };
}

/** Whether a step has ended because it was cancelled, or what it is part of. */
function isCancelled(error: unknown): boolean {
  return isCancellation(error) || CancellationScope.current().consideredCancelled;
}

function isWorthRetrying(error: unknown): boolean {
  if (isCancellation(error)) return false;
  if (error instanceof ActivityFailure) {
    // What was wrong with the call itself, as a 4xx tells, is wrong the next time, too.
    return !(error.cause instanceof ApplicationFailure && error.cause.nonRetryable === true);
  }
  if (!(error instanceof ApplicationFailure)) return false;
  return error.type === CALL_FAILURES.TASK_STATE_FAILED || error.type === TIMED_OUT;
}

function isTrue(value: JsonValue | undefined): boolean {
  if (Array.isArray(value)) return value.some(isTrue);
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

function failure(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, CHAIN_FAILED);
}

/** The failure, saying which step it was. */
function named(step: string, error: unknown): unknown {
  if (isCancellation(error)) return error;
  if (!(error instanceof ApplicationFailure || error instanceof ActivityFailure)) return error;
  const { message } = describe(error);
  return ApplicationFailure.create({
    message: message.startsWith(`${step}: `) ? message : `${step}: ${message}`,
    type: (error instanceof ApplicationFailure ? error.type : undefined) ?? 'A2A_STEP_FAILED',
    nonRetryable: true,
    ...(isCallFailure(error) && { details: error.details }),
  });
}

function describe(error: unknown): { message: string; state?: string } {
  const message = error instanceof Error ? readError(error).message : String(error);
  return isCallFailure(error) ? { message, state: error.details[0].task.status.state } : { message };
}

function defined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
