import { patched } from '@temporalio/workflow';

/**
 * One change of the commands that the workflow code of this package gives: of the built-in workflows, and of
 * `a2aTask()`, `callAgent()` and the interceptors in the workflows of others.
 *
 * A run that is under way when a worker with the change takes it over replays its history, so it must go on giving
 * the commands of before. How to make such a change:
 *
 * 1. Add a flag to {@link WorkflowFlags}, with the reason, and ask for it with {@link hasFlag} where the commands
 *    part: `if (hasFlag(WorkflowFlags.example)) ... else ...`. What differs only in the contents of a command
 *    (a summary, a header field, the input of an activity) needs no flag: replay compares the kinds of commands, and
 *    the names of activities and child workflows. A further `uuid4()` does need one, since it changes those behind it.
 * 2. The histories of all releases in `test/histories` must go on replaying. A run with the flag is recorded with
 *    the next release.
 * 3. A flag costs each run that asks for it two history events, so ask where the change takes effect, not at the
 *    start of every task; and one flag may serve all that one feature changes.
 *
 * A flag and the code of before are removed only with a major version (docs/upgrading.md).
 */
export interface WorkflowFlag {
  /** The patch ID in the history; it never changes. */
  readonly id: `temporal-a2a/${string}`;
}

/** The changes since 0.1.0, oldest first: what changed, why, and since which release. */
export const WorkflowFlags = {
  /**
   * Since 0.2.0. Temporal lets the children of a reset workflow run on, with the run before as their parent: what goes
   * by their handles does not reach them, and those that were started behind the reset point belong to nobody. A
   * called task whose cancellation has no effect is cancelled by its ID, and one that nobody waits for as well.
   */
  tasksOfResetCallers: { id: 'temporal-a2a/tasks-of-reset-callers' },
  /**
   * Since 0.2.0. Contract workflows in other languages do not tell their caller what they do: it saw neither their
   * questions nor the artifacts that they had reported by their memo. An activity now reads the history of every
   * called task that is not known to tell it itself.
   */
  followedChildren: { id: 'temporal-a2a/followed-children' },
  /**
   * Since 0.2.0. What signals bring is read by the rules of ProtoJSON: null is absent, enums may be numbers, and of what
   * is malformed only the field is left out. An update that was ignored before may now change the state, and be told
   * to the caller, which are commands. Asked only for what the two ways of reading do not agree about.
   */
  protoJson: { id: 'temporal-a2a/proto-json' },
  /**
   * Since 0.2.0. Chains evaluate expressions with promises of their own, at once, and count a budget for each workflow task. Before,
   * each step of an evaluation took a turn of the workflow's own promises, so that branches side by side gave their
   * commands in another order. A node cost some tenths of a millisecond, and a `forEach` could stop the
   * worker.
   */
  localExpressions: { id: 'temporal-a2a/local-expressions' },
  /**
   * Since 0.2.0. An agent that says its answer in the status message and in no artifact had answered nothing: the next
   * step of a chain got an empty message, and failed where it needs a text.
   */
  answerInStatus: { id: 'temporal-a2a/answer-in-status' },
  /**
   * Since 0.2.0. A text part that is a JSON object or list is data for a plain workflow with `input: data`, as it is for
   * clients that send nothing but text. The call failed before, and started no child workflow.
   */
  dataInText: { id: 'temporal-a2a/data-in-text' },
  /**
   * Since 0.2.0. Temporal tells a workflow that its child was terminated or has timed out, and neither why, nor that it
   * was deleted. An activity now reads it, for those, and for a called task that does not end when it is cancelled.
   */
  explainedEnds: { id: 'temporal-a2a/explained-ends' },
  /**
   * Since 0.2.0. Several questions are open at once, where each waited for the one before; progress beside them leaves
   * the state of the task as it is; and a message that nobody asked for answers no later question. Before, the
   * progress of one called task hid the question of another, and any unread message was its answer.
   */
  openQuestions: { id: 'temporal-a2a/open-questions' },
  /**
   * Since 0.2.0. Parts that an expression has made are checked as those of a client are. Before, what A2A does not allow
   * was sent to the agent, or shown to the client. Asked only for parts that are wrong.
   */
  checkedParts: { id: 'temporal-a2a/checked-parts' },
  /**
   * Since 0.2.0. A chain whose history is almost as large as Temporal takes fails, saying so; Temporal terminated it.
   * Asked only there.
   */
  chainRoom: { id: 'temporal-a2a/chain-room' },
  /**
   * Since 0.2.0. A task that tells its caller very much waits between two signals, with a timer, since Temporal takes no more than
   * 10,000 for a run. Asked only there.
   */
  pacedUpdates: { id: 'temporal-a2a/paced-updates' },
  /**
   * Since 0.2.0. A called task that no worker has begun does not hear that it is cancelled: its caller waited for 30 s and
   * left it behind. An activity now ends it. Asked only for a called task that does not end when it is cancelled.
   */
  unbegunCalls: { id: 'temporal-a2a/unbegun-calls' },
  /**
   * Since 0.2.0. Messages and updates that came before the first workflow task of a run are applied in the order of the
   * history. All updates went before all messages: the state that the workflow told, and the order of its messages,
   * were not those that readers of the history saw. Asked only where the two orders differ.
   */
  signalOrder: { id: 'temporal-a2a/signal-order' },
  /**
   * Since 0.2.0. A worker that was taken for dead may go on: what its attempt of an activity told behind the next attempt
   * was taken for more of the same, twice. Asked only where such an update is dropped, which may leave the state as it is.
   */
  overtakenAttempts: { id: 'temporal-a2a/overtaken-attempts' },
  /**
   * Since 0.2.0. What a workflow sends is measured where it asks for it, and throws there when Temporal would refuse it:
   * the worker tried the workflow task again for ever. Asked only there.
   */
  sizedCommands: { id: 'temporal-a2a/sized-commands' },
} as const satisfies Record<string, WorkflowFlag>;

/** What this run has decided; each run has modules, and so variables, of its own. */
const decisions = new Map<string, boolean>();

/**
 * Whether this run behaves as the flag says. The first question decides for the whole run: `patched()` alone would
 * answer no while it replays a run of before, and yes from there on, so code that asks twice would be of both kinds.
 */
export function hasFlag({ id }: WorkflowFlag): boolean {
  const decision = decisions.get(id) ?? patched(id);
  decisions.set(id, decision);
  return decision;
}
