import { ApplicationFailure } from '@temporalio/workflow';
import { readArtifact, readPart } from '../a2a/agent-json';
import { isObject } from '../a2a/is-object';
import { dataOf, PART_CONTENTS, textOf } from '../a2a/parts';
import { sameJson } from '../a2a/same-json';
import type { Artifact, JsonValue, Part } from '../a2a/types';
import type { A2ATask } from './a2a-task';
import { type AgentAnswer, answerParts } from './call-agent';
import { hasFlag, WorkflowFlags } from './flags';

/** Type of the failure of a chain that is wrong itself. */
export const CHAIN_FAILED = 'A2A_CHAIN_FAILED';

/** What a step has brought. */
export interface StepOutcome {
  /** As `$steps` has it. */
  value: JsonValue;
  /** What the next step is sent unless it says otherwise. */
  parts: Part[];
  artifacts: Artifact[];
  /** It has failed, and need not succeed. */
  failed?: boolean;
}

/** What expressions see of parts: all text, the first data, and the parts themselves. */
export function viewOf(parts: Part[]): { text: string; data?: JsonValue; parts: JsonValue } {
  const data = dataOf({ parts });
  return {
    text: textOf({ parts }),
    ...(data !== undefined && { data }),
    parts: parts as unknown as JsonValue,
  };
}

/** What an agent has answered. */
export function outcomeOf(answer: AgentAnswer, agent: string): StepOutcome {
  const parts = answerParts(answer);
  const artifacts = answer.task?.artifacts ?? [];
  return {
    value: { ...viewOf(parts), agent, ...(answer.task !== undefined && { taskId: answer.task.id }) },
    parts,
    artifacts: artifacts.length > 0 || parts.length === 0 ? artifacts : [{ artifactId: 'answer', parts }],
  };
}

/** What a `result:` has made of a step. */
export function mappedOutcome(name: string, value: JsonValue): StepOutcome {
  return { value, parts: partsOf(value), artifacts: [toArtifact(name, value)] };
}

/** What the first step of an item is sent unless it says otherwise. */
export function itemOutcome(value: JsonValue): StepOutcome {
  return {
    value,
    get parts() {
      return partsOf(value);
    },
    artifacts: [],
  };
}

/** What is left of a step that has failed and need not succeed. */
export function failedOutcome(error: { message: string; state?: string }): StepOutcome {
  return { value: { error: { ...error } }, parts: [], artifacts: [], failed: true };
}

/** What several steps have brought, whose artifacts may have the same IDs. */
export function joinOutcomes(
  value: JsonValue,
  outcomes: readonly [string, StepOutcome | undefined][],
): StepOutcome {
  const artifacts = outcomes.flatMap(([name, outcome]) =>
    (outcome?.artifacts ?? []).map((artifact) => ({
      ...artifact,
      artifactId: `${name}/${artifact.artifactId}`,
    })),
  );
  return { value, parts: outcomes.flatMap(([, outcome]) => outcome?.parts ?? []), artifacts };
}

export function toArtifact(name: string, value: JsonValue): Artifact {
  return { artifactId: name, name, parts: partsOf(value) };
}

/**
 * A text is a text part, a list of parts is what it says, and everything else is a data part.
 * @throws ApplicationFailure A2A_CHAIN_FAILED that says what of the parts A2A does not allow
 */
export function partsOf(value: JsonValue): Part[] {
  if (typeof value === 'string') return checked([{ text: value }]);
  if (Array.isArray(value) && value.some(hasContent) && value.every(hasFieldsOfParts)) {
    // A list with a part of no content, or of two, was data before.
    const areParts = value.every(hasOneContent) || hasFlag(WorkflowFlags.checkedParts);
    if (areParts) return checked(value as Part[]);
  }
  return checked([{ data: value }]);
}

/** As a client's parts are checked, in their normal form. */
function checked(parts: Part[]): Part[] {
  const problems: string[] = [];
  const read = parts.map((part, index) =>
    readPart(part, `parts[${index}]`, (field, problem) => problems.push(`${field} ${problem}`)),
  );
  if (problems.length === 0) return read as Part[];
  if (!hasFlag(WorkflowFlags.checkedParts)) return parts;
  throw ApplicationFailure.nonRetryable(problems.join('; '), CHAIN_FAILED);
}

const FIELDS = [...PART_CONTENTS, 'metadata', 'filename', 'mediaType'];

function hasFieldsOfParts(value: JsonValue): boolean {
  return isObject(value) && Object.keys(value).every((key) => FIELDS.includes(key));
}

function contentsOf(value: JsonValue): string[] {
  return isObject(value) ? Object.keys(value).filter((key) => PART_CONTENTS.includes(key)) : [];
}

function hasContent(value: JsonValue): boolean {
  return contentsOf(value).length > 0;
}

function hasOneContent(value: JsonValue): boolean {
  return contentsOf(value).length === 1;
}

/** Artifacts that are not part of the task yet, which has shown those of an agent that it called as they came. */
export function notShownBy({ task }: A2ATask, artifacts: readonly Artifact[] = []): Artifact[] {
  const shown = new Map((task.artifacts ?? []).map((artifact) => [artifact.artifactId, artifact]));
  return artifacts.filter((artifact) => {
    // What is shown is in normal form.
    return !sameJson(shown.get(artifact.artifactId), readArtifact(artifact, '') ?? artifact);
  });
}
