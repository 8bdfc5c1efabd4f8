import { z } from 'zod';
import type { ChainStep } from '../contract/chain-definition';
import { findTemplateFaults, isExpression, type TemplateFault } from '../expressions/template';
import { duration, httpUrl, remoteFields, retry, taskQueue } from './fields';

/** Variables that every expression of a chain may use; docs/chains.md tells what they are. */
const VARIABLES = ['input', 'message', 'steps', 'previous', 'task'];

const MAX_STEPS = 200;

const template = z.json().describe('JSON; a text "{% ... %}" stands for the value of a JSONata expression');

const step: z.ZodType<ChainStep, ChainStep> = z.lazy(() =>
  z.strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'a name of letters, digits and "_", such as "write_summary"')
      .describe('What $steps calls it'),
    agent: z.string().min(1).optional().describe('ID of an agent in this file'),
    url: httpUrl.optional().describe('URL of the card, or base URL, of an agent elsewhere'),
    ...remoteFields,
    parallel: z.array(step).min(1).optional().describe('Steps side by side'),
    steps: z.array(step).min(1).optional().describe('Steps one after the other'),
    when: z.string().optional().describe('An expression; the step is left out when it is false or nothing'),
    forEach: z
      .union([z.string(), z.array(z.json())])
      .optional()
      .describe('A list, or an expression that gives one: the step is taken for each $item'),
    concurrency: z.int().min(1).max(100).optional().describe('Items at once; 10 unless set'),
    message: template.optional().describe('What the agent is sent; what the step before it said without'),
    result: template.optional().describe('What $steps gives of $result; all of it without'),
    timeout: duration.optional().describe('Longest time for each attempt'),
    retry: retry.optional().describe('For agents that fail'),
    onError: z
      .string()
      .min(1)
      .optional()
      .describe('"fail" unless set, "continue", or ID or URL of the agent that is called instead'),
  }),
) as z.ZodType<ChainStep, ChainStep>;

/** What `chain:` of an agent in agents.yaml holds (docs/chains.md). */
export const chainDefinition = z
  .strictObject({
    steps: z.array(step).min(1).describe('Steps one after the other'),
    result: template.optional().describe("What the task's artifact is; those of the last step without"),
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

/** What the shape of a chain alone cannot show. */
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
      this.add({ path: [...path, 'name'], reason: `there is a step ${JSON.stringify(step.name)} already` });
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
      this.add({ path, reason: 'expected one expression, as in "{% $steps.a.data %}"' });
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
          this.add({ path: [...path, key], reason: `is for steps with ${kind} only` });
      }
    };
    const { agent, url } = step;
    only(['credentials', 'requireSignature', 'bindings', 'waiting'], 'url', url !== undefined);
    only(['message'], 'agent or url', agent !== undefined || url !== undefined);
    only(['concurrency'], 'forEach', step.forEach !== undefined);
    const { onError = 'fail' } = step;
    if (onError !== 'fail' && onError !== 'continue' && agent === undefined && url === undefined) {
      const reason = 'is "fail" or "continue" for a step that calls no agent itself';
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
