import { readArtifact } from '../a2a/agent-json';
import { isObject } from '../a2a/is-object';
import { dataOf, PART_CONTENTS, textOf } from '../a2a/parts';
import { sameJson } from '../a2a/same-json';
import type { Artifact, JsonValue, Part } from '../a2a/types';
import type { A2ATask } from './a2a-task';
import { type AgentAnswer, answerParts } from './call-agent';

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

/** A text is a text part, a list of parts is what it says, and everything else is a data part. */
export function partsOf(value: JsonValue): Part[] {
  if (typeof value === 'string') return [{ text: value }];
  if (Array.isArray(value) && value.length > 0 && value.every(isPart)) return value as Part[];
  return [{ data: value }];
}

const FIELDS = [...PART_CONTENTS, 'metadata', 'filename', 'mediaType'];

function isPart(value: JsonValue): boolean {
  if (!isObject(value)) return false;
  const keys = Object.keys(value);
  return (
    keys.filter((key) => PART_CONTENTS.includes(key)).length === 1 &&
    keys.every((key) => FIELDS.includes(key))
  );
}

/** Artifacts that are not part of the task yet, which has shown those of an agent that it called as they came. */
export function notShownBy({ task }: A2ATask, artifacts: readonly Artifact[] = []): Artifact[] {
  const shown = new Map((task.artifacts ?? []).map((artifact) => [artifact.artifactId, artifact]));
  return artifacts.filter((artifact) => {
    // What is shown is in normal form.
    return !sameJson(shown.get(artifact.artifactId), readArtifact(artifact, '') ?? artifact);
  });
}
