import { z } from 'zod';
import type { ChainStep } from '../contract/chain-definition';
import { findTemplateFaults, isExpression, type TemplateFault } from '../expressions/template';
import { duration, httpUrl, keepContext, remoteFields, retry, taskQueue } from './fields';

/** Variables that every expression of a chain may use; docs/chains.md tells what they are. */
const VARIABLES = ['input', 'message', 'steps', 'previous', 'task'];

const MAX_STEPS = 200;

const template = z
  .json()
  .describe('JSON; a string "{% ... %}" is replaced by the value of the JSONata expression');

const step: z.ZodType<ChainStep, ChainStep> = z.lazy(() =>
  z.strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'a name of letters, digits and "_", such as "write_summary"')
      .describe('Name of the step; $steps.<name> is its result'),
    agent: z.string().min(1).optional().describe('ID of an agent in this file'),
    url: httpUrl.optional().describe('URL of a remote agent: its card, or its base URL'),
    ...remoteFields,
    parallel: z.array(step).min(1).optional().describe('Steps to run at the same time'),
    steps: z.array(step).min(1).optional().describe('Steps to run in order'),
    when: z
      .string()
      .optional()
      .describe('Expression; the step is skipped if its value is false, empty or missing'),
    forEach: z
      .union([z.string(), z.array(z.json())])
      .optional()
      .describe('List, or expression that returns one; the step runs once for each $item'),
    concurrency: z.int().min(1).max(100).optional().describe('Items that run at the same time. Default: 10.'),
    message: template.optional().describe("Message for the agent. Default: the previous step's output."),
    result: template.optional().describe('Value of $steps.<name>, made from $result. Default: $result.'),
    timeout: duration.optional().describe('Timeout of each attempt'),
    retry: retry.optional().describe('Retries of a call whose agent fails'),
    keepContext,
    onError: z
      .string()
      .min(1)
      .optional()
      .describe(
        'What to do if the step fails: "fail", "continue", or the ID or URL of an agent to call instead. Default: "fail".',
      ),
  }),
) as z.ZodType<ChainStep, ChainStep>;

/** What `chain:` of an agent in agents.yaml holds (docs/chains.md). */
export const chainDefinition = z
  .strictObject({
    steps: z.array(step).min(1).describe('Steps to run in order'),
    result: template.optional().describe("The task's artifact. Default: the artifacts of the last step."),
    taskQueue,
  })
  .superRefine(({ steps, result }, context) => {
    const add = ({ path, reason }: TemplateFault) =>
      context.addIssue({ code: 'custom', message: reason, path, params: { verbatim: true } });
    const check = new ChainCheck(add);
    check.sequence(steps, ['steps'], []);
    if (result !== undefined) check.template(result, ['result'], []);
  });

type Path = (string | number)[];

/** Checks of a chain that its schema cannot express. */
class ChainCheck {
  /** Names of all steps so far. */
  private readonly names = new Set<string>();
  /** Names that `$steps` has at this point. */
  private readonly done: string[] = [];

  constructor(private readonly add: (fault: TemplateFault) => void) {}

  /** @param extra further variables, without `$` */
  template(value: unknown, path: Path, extra: string[]): void {
    const scope = { variables: [...VARIABLES, ...extra], steps: this.done };
    for (const fault of findTemplateFaults(value, scope)) {
      this.add({ path: [...path, ...fault.path], reason: fault.reason });
    }
  }

  sequence(steps: readonly ChainStep[], path: Path, extra: string[]): void {
    for (const [index, step] of steps.entries()) this.step(step, [...path, index], extra);
  }

  private step(step: ChainStep, path: Path, outer: string[]): void {
    if (this.names.has(step.name)) {
      this.add({
        path: [...path, 'name'],
        reason: `another step is already named ${JSON.stringify(step.name)}`,
      });
    }
    this.names.add(step.name);
    if (this.names.size > MAX_STEPS) this.add({ path, reason: `a chain has at most ${MAX_STEPS} steps` });
    this.shape(step, path);
    if (step.when !== undefined) this.expression(step.when, [...path, 'when'], outer);
    if (typeof step.forEach === 'string') this.expression(step.forEach, [...path, 'forEach'], outer);
    else if (step.forEach !== undefined) this.template(step.forEach, [...path, 'forEach'], outer);
    const extra = step.forEach === undefined ? outer : [...new Set([...outer, 'item', 'index'])];
    if (step.message !== undefined) this.template(step.message, [...path, 'message'], extra);
    const before = [...this.done];
    if (step.steps !== undefined) this.sequence(step.steps, [...path, 'steps'], extra);
    if (step.parallel !== undefined) this.branches(step.parallel, [...path, 'parallel'], extra);
    if (step.result !== undefined) this.template(step.result, [...path, 'result'], [...extra, 'result']);
    // What was done for one item is not seen from outside.
    if (step.forEach !== undefined) this.done.splice(0, Infinity, ...before);
    this.done.push(step.name);
  }

  /** A branch does not see the others. */
  private branches(steps: readonly ChainStep[], path: Path, extra: string[]): void {
    const before = [...this.done];
    const made: string[] = [];
    for (const [index, step] of steps.entries()) {
      this.done.splice(0, Infinity, ...before);
      this.step(step, [...path, index], extra);
      made.push(...this.done.slice(before.length));
    }
    this.done.splice(0, Infinity, ...before, ...made);
  }

  private expression(text: string, path: Path, extra: string[]): void {
    if (!isExpression(text))
      this.add({ path, reason: 'expected a single expression, such as "{% $steps.a.data %}"' });
    else this.template(text, path, extra);
  }

  private shape(step: ChainStep, path: Path): void {
    const kinds = (['agent', 'url', 'parallel', 'steps'] as const).filter((key) => step[key] !== undefined);
    if (kinds.length !== 1) {
      const found = kinds.length === 0 ? 'none of them' : kinds.join(' and ');
      this.add({ path, reason: `expected exactly one of agent, url, parallel, steps; got ${found}` });
    }
    const only = (keys: readonly (keyof ChainStep)[], kind: string, fits: boolean) => {
      if (fits) return;
      for (const key of keys) {
        if (step[key] !== undefined)
          this.add({ path: [...path, key], reason: `is allowed only for steps with ${kind}` });
      }
    };
    const { agent, url } = step;
    only(['credentials', 'requireSignature', 'bindings', 'waiting'], 'url', url !== undefined);
    only(['message', 'keepContext'], 'agent or url', agent !== undefined || url !== undefined);
    only(['concurrency'], 'forEach', step.forEach !== undefined);
    const { onError = 'fail' } = step;
    if (onError !== 'fail' && onError !== 'continue' && agent === undefined && url === undefined) {
      const reason = 'must be "fail" or "continue" for a step that does not call an agent itself';
      this.add({ path: [...path, 'onError'], reason });
    }
  }
}

/** Agents of the same file that a chain calls, with the places that name them. */
export function agentsCalledBy(steps: unknown, path: Path = ['steps']): { id: string; path: Path }[] {
  if (!Array.isArray(steps)) return [];
  return steps.flatMap((raw: unknown, index) => {
    const { agent, onError, steps: inner, parallel } = (raw ?? {}) as Partial<ChainStep>;
    const at = [...path, index];
    const fallback = onError === 'fail' || onError === 'continue' ? undefined : onError;
    return [
      ...(typeof agent === 'string' ? [{ id: agent, path: [...at, 'agent'] }] : []),
      ...(typeof fallback === 'string' && !/^https?:/i.test(fallback)
        ? [{ id: fallback, path: [...at, 'onError'] }]
        : []),
      ...agentsCalledBy(inner, [...at, 'steps']),
      ...agentsCalledBy(parallel, [...at, 'parallel']),
    ];
  });
}
