import { createHash } from 'node:crypto';
import type { StorageDriverTargetInfo } from '@temporalio/common';

/** Longest folder name: file systems take 255 bytes. */
const MAX_SEGMENT = 200;

/**
 * The folders of what is stored for a workflow: `ns/<namespace>/wi/<workflow ID>`; for an activity without a workflow
 * `ns/<namespace>/ai/<activity ID>`, and else `ns/_/none`.
 */
export function foldersOf(target: StorageDriverTargetInfo | undefined): string[] {
  if (target === undefined) return ['ns', '_', 'none'];
  const kind = target.kind === 'workflow' ? 'wi' : 'ai';
  return ['ns', segment(target.namespace), kind, segment(target.id ?? '')];
}

/** A folder name of any text: what is no letter, digit, `-` or `_` becomes `%XX`, and a long one ends in a hash. */
export function segment(text: string): string {
  const safe = Buffer.from(text)
    .toString('latin1')
    .replace(/[^\w-]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
  if (safe === '') return '_';
  if (safe.length <= MAX_SEGMENT) return safe;
  return `${safe.slice(0, MAX_SEGMENT - 65)}.${createHash('sha256').update(text).digest('hex')}`;
}

/** The text of a folder name; undefined for one that ends in a hash. */
export function textOfSegment(name: string): string | undefined {
  if (name.includes('.')) return undefined;
  const bytes = name.replace(/%([0-9A-F]{2})/g, (_match, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
