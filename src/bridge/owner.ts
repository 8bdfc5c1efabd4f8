import { createHash } from 'node:crypto';
import { fitsKeyword } from '../contract/keyword';

/** Who calls where nobody is asked who calls. */
export const ANONYMOUS = 'anonymous';

const HASHED = 'sha256:';

/**
 * An owner that is told from every other wherever it is compared: one that a search attribute cannot hold
 * unchanged is replaced by its hash.
 */
export function distinctOwner(owner: string): string {
  // One that looks like a hash is hashed too, so that nobody can take the name of another.
  if (fitsKeyword(owner) && !owner.startsWith(HASHED)) return owner;
  return HASHED + createHash('sha256').update(owner, 'utf16le').digest('hex');
}
