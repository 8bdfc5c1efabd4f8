import { createHash } from 'node:crypto';
import { z } from 'zod';
import { InvalidParamsError } from '../a2a/errors';
import type { TaskFilter } from './visibility-query';

/** The last task of a page: everything behind it, in time and then by ID, is still to come. */
export interface PageEnd {
  /** Nanoseconds since 1970. */
  updatedAt: bigint;
  taskId: string;
}

/** What the next page is to know. */
export interface PageToken extends PageEnd {
  /** Of the whole list, as its first page has it. */
  totalSize: number;
  /** There are open runs behind it. */
  hasOpen: boolean;
}

const shape = z.tuple([
  z.string().regex(/^\d{1,19}$/),
  z.string().min(1).max(255),
  z.number().int().nonnegative(),
  z.boolean(),
  z.string(),
]);

/**
 * Opaque to the client. The checksum ties it to the filter it was made for and turns away what we did not make;
 * it is no secret, and need not be: whatever a token says, only the caller's own tasks are listed.
 */
export function formatPageToken(token: PageToken, filter: TaskFilter): string {
  const { updatedAt, taskId, totalSize, hasOpen } = token;
  const content = [String(updatedAt), taskId, totalSize, hasOpen];
  return Buffer.from(JSON.stringify([...content, checksum(content, filter)])).toString('base64url');
}

/** @throws InvalidParamsError when the token is not one of ours, or was made for another list */
export function parsePageToken(token: string, filter: TaskFilter): PageToken {
  const parsed = shape.safeParse(parseJson(Buffer.from(token, 'base64url').toString('utf8')));
  if (parsed.success) {
    const [updatedAt, taskId, totalSize, hasOpen, sum] = parsed.data;
    if (sum === checksum([updatedAt, taskId, totalSize, hasOpen], filter))
      return { updatedAt: BigInt(updatedAt), taskId, totalSize, hasOpen };
  }
  throw new InvalidParamsError([
    { field: 'pageToken', description: 'must be the nextPageToken of an earlier answer to the same list' },
  ]);
}

function checksum(content: readonly unknown[], filter: TaskFilter): string {
  const { agentId, owner, contextId = null, status = null } = filter;
  return createHash('sha256')
    .update(JSON.stringify([...content, agentId, owner, contextId, status]))
    .digest('base64url')
    .slice(0, 16);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
