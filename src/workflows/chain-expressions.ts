import { CancellationScope, sleep, workflowInfo } from '@temporalio/workflow';
import type { JsonValue } from '../a2a/types';
import { Evaluator } from '../expressions/expression';
import { hasFlag, WorkflowFlags } from './flags';

/**
 * Expression nodes that one workflow task may visit, about a tenth of a second. What comes behind them waits for the
 * next one, so that other workflows of the worker get their turn.
 */
const NODES_PER_WORKFLOW_TASK = 10_000;

/** Evaluates the expressions of a chain, with a budget for each workflow task. */
export class ChainExpressions {
  private evaluator: Evaluator | undefined;
  /** The workflow task that `nodesBefore` belongs to: each has a longer history before it. */
  private historyLength = 0;
  /** What the evaluator had visited before this workflow task. */
  private nodesBefore = 0;
  private timer: Promise<void> | undefined;

  /** @throws ExpressionError */
  async evaluate(
    source: string,
    variables: Record<string, JsonValue | undefined>,
  ): Promise<JsonValue | undefined> {
    this.evaluator ??= new Evaluator(!hasFlag(WorkflowFlags.localExpressions));
    const { evaluator } = this;
    while (!evaluator.traced && this.isExhausted(evaluator)) await this.nextWorkflowTask();
    return evaluator.evaluate(source, variables);
  }

  /** Whether nothing of the budget of this workflow task is left. */
  private isExhausted(evaluator: Evaluator): boolean {
    const { historyLength } = workflowInfo();
    if (historyLength !== this.historyLength) {
      this.historyLength = historyLength;
      this.nodesBefore = evaluator.nodes;
    }
    return evaluator.nodes - this.nodesBefore >= NODES_PER_WORKFLOW_TASK;
  }

  /** One timer for all that wait, which is nobody's to cancel. */
  private nextWorkflowTask(): Promise<void> {
    this.timer ??= CancellationScope.nonCancellable(() => sleep(1)).finally(() => {
      this.timer = undefined;
    });
    return this.timer;
  }
}
