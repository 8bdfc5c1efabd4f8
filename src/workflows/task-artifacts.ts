import type { Content } from '../a2a/parts';
import type { Artifact, Struct } from '../a2a/types';

/** An artifact that is not sent yet. */
export interface ArtifactInit {
  /** Unique within the task; made when left out. */
  artifactId?: string;
  name?: string;
  description?: string;
  parts: Content;
  metadata?: Struct;
}

/** What a task that completes says and makes at last. */
export interface CompleteOptions {
  /** Last artifacts of the task, in addition to those sent before. */
  artifacts?: ArtifactInit[];
  /** Closing words; results belong in artifacts (specification section 3.7). */
  message?: Content;
}

/** An artifact that grows piece by piece. */
export interface ArtifactStream {
  readonly artifactId: string;
  append(content: Content): void;
  /** Sends the last piece. */
  end(content: Content): void;
}

/** All artifacts of a task that ends with some. */
export function mergeArtifacts(before: readonly Artifact[] = [], last: readonly Artifact[]): Artifact[] {
  const replaced = new Set(last.map(({ artifactId }) => artifactId));
  return [...before.filter(({ artifactId }) => !replaced.has(artifactId)), ...last];
}
