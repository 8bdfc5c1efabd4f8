import { hostname } from 'node:os';

/** By what Temporal names this process in histories, and among the pollers of a task queue. */
export function identityOf(role: 'api' | 'worker' | 'push-worker'): string {
  return `temporal-a2a-${role}@${hostname()}:${process.pid}`;
}
