import { isInterrupted, isTerminal } from '../task-update';
import type { StreamResponse, Task } from '../types';
import { artifactToV02, messageToV02, statusToV02 } from './to-v0-2';
import type { ArtifactUpdateV02, StatusUpdateV02 } from './types';

export type EventV02 = StatusUpdateV02 | ArtifactUpdateV02;

/**
 * Tells the events of one task's stream as 0.2 has them, which knows changes only: the Task that a stream begins with
 * becomes what it consists of. It remembers the places of the artifacts, for which 1.0 has IDs.
 */
export class EventsV02 {
  private readonly places = new Map<string, number>();

  /**
   * @param clientTaskId as the client chose it
   * @param known the task as it is, for a stream that does not begin with it
   */
  constructor(
    private readonly clientTaskId: string,
    known?: Task,
  ) {
    for (const { artifactId } of known?.artifacts ?? []) this.placeOf(artifactId);
  }

  /** One event or more. After one that is `final` the stream is over. */
  tell({ task, message, statusUpdate, artifactUpdate }: StreamResponse): EventV02[] {
    const id = this.clientTaskId;
    if (task !== undefined) {
      const artifacts = (task.artifacts ?? []).map((artifact) => ({
        id,
        artifact: artifactToV02(artifact, this.placeOf(artifact.artifactId)),
      }));
      // A question in it may be one that the client has just answered.
      return [...artifacts, { id, status: statusToV02(task.status), final: isTerminal(task.status.state) }];
    }
    if (message !== undefined) {
      return [{ id, status: { state: 'completed', message: messageToV02(message) }, final: true }];
    }
    if (statusUpdate !== undefined) {
      const { status, metadata } = statusUpdate;
      const final = isTerminal(status.state) || isInterrupted(status.state);
      return [{ id, status: statusToV02(status), final, ...(metadata !== undefined && { metadata }) }];
    }
    if (artifactUpdate === undefined) return [];
    const { artifact, append, lastChunk, metadata } = artifactUpdate;
    return [
      {
        id,
        artifact: {
          ...artifactToV02(artifact, this.placeOf(artifact.artifactId)),
          ...(append !== undefined && { append }),
          ...(lastChunk !== undefined && { lastChunk }),
        },
        ...(metadata !== undefined && { metadata }),
      },
    ];
  }

  private placeOf(artifactId: string): number {
    const place = this.places.get(artifactId) ?? this.places.size;
    this.places.set(artifactId, place);
    return place;
  }
}
