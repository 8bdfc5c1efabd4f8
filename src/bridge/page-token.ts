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

const shape = z.tuple([z.string().regex(/^\d{1,19}$/), z.string().min(1).max(255), z.string()]);

/**
 * Opaque to the client. The checksum ties it to the filter it was made for and turns away what we did not make;
 * it is no secret, and need not be: whatever a token says, only the caller's own tasks are listed.
 */
export function formatPageToken({ updatedAt, taskId }: PageEnd, filter: TaskFilter): string {
  const body = [String(updatedAt), taskId, checksum(String(updatedAt), taskId, filter)];
  return Buffer.from(JSON.stringify(body)).toString('base64url');
}

/** @throws InvalidParamsError when the token is not one of ours, or was made for another list */
export function parsePageToken(token: string, filter: TaskFilter): PageEnd {
  const parsed = shape.safeParse(parseJson(Buffer.from(token, 'base64url').toString('utf8')));
  if (parsed.success) {
    const [updatedAt, taskId, sum] = parsed.data;
    if (sum === checksum(updatedAt, taskId, filter)) return { updatedAt: BigInt(updatedAt), taskId };
  }
  throw new InvalidParamsError([
    { field: 'pageToken', description: 'must be the nextPageToken of an earlier answer to the same list' },
  ]);
}

function checksum(updatedAt: string, taskId: string, filter: TaskFilter): string {
  const { agentId, owner, contextId = null, status = null } = filter;
  return createHash('sha256')
    .update(JSON.stringify([updatedAt, taskId, agentId, owner, contextId, status]))
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
