import { ownArtifactId, type TakenIds } from '../contract/agent-call';
import { callingTask } from './calling-task';

/**
 * The artifacts of several called tasks side by side in the calling task: two may use the same ID, and that of the
 * second becomes `<artifact ID>-<task ID>`.
 */

/** Which called task an artifact ID of the calling task belongs to. */
const owners = new Map<string, string>();

/** Owner of what came from remote agents, or from the calling task itself. */
const ANOTHER = '';

/** Most IDs that a remote call is given one by one. */
const MOST_TOLD = 1_000;

/** Open remote calls, which use the IDs that their agents will give. */
let unforeseen = 0;

/** The ID that an artifact of a child has in the calling task. */
export function artifactIdOf(childId: string, artifactId: string): string {
  const isTaken = () => unforeseen > 0 || artifactIds().includes(artifactId);
  const owner = owners.get(artifactId) ?? (isTaken() ? ANOTHER : childId);
  owners.set(artifactId, owner);
  return owner === childId ? artifactId : ownArtifactId(artifactId, childId);
}

/** From now on no artifact keeps its ID: those that the calling task uses are not known in this workflow. */
export function renameArtifacts(): void {
  unforeseen++;
}

/** Runs a remote call that shows artifacts, and tells it which IDs are taken. */
export async function withTakenIds<T>(call: (taken: TakenIds | undefined) => Promise<T>): Promise<T> {
  if (unforeseen > 0) return call('all');
  const taken = artifactIds();
  if (taken.length > MOST_TOLD) return call('all');
  unforeseen++;
  try {
    return await call(taken.length > 0 ? taken : undefined);
  } finally {
    unforeseen--;
  }
}

function artifactIds(): string[] {
  return (callingTask()?.task.artifacts ?? []).map(({ artifactId }) => artifactId);
}
