import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

/** Each process of a container is its first, also after a restart; it must not be taken for the one before. */
const process_ = process.pid === 1 ? `1-${randomUUID().slice(0, 8)}` : String(process.pid);

/** By what Temporal names this process in histories, and among the pollers of a task queue. */
export function identityOf(role: 'api' | 'worker' | 'push-worker'): string {
  return `temporal-a2a-${role}@${hostname()}:${process_}`;
}
