import { createHash } from 'node:crypto';
import { fitsKeyword } from '../contract/keyword';

/** Owner of the tasks of callers without authentication. */
export const ANONYMOUS = 'anonymous';

const HASHED = 'sha256:';

/**
 * An owner that is told from every other wherever it is compared: one that a search attribute cannot hold
 * unchanged is replaced by its hash.
 */
export function distinctOwner(owner: string): string {
  // An owner that looks like a hash is hashed, too, so that it cannot pass for another one.
  if (fitsKeyword(owner) && !owner.startsWith(HASHED)) return owner;
  return HASHED + createHash('sha256').update(owner, 'utf16le').digest('hex');
}
