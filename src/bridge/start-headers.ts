import { AsyncLocalStorage } from 'node:async_hooks';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { Payload } from '@temporalio/common';

const current = new AsyncLocalStorage<Record<string, Payload>>();

/** Gives the workflows that `start` starts these header fields. */
export function withStartHeaders<T>(headers: Record<string, Payload>, start: () => Promise<T>): Promise<T> {
  return current.run(headers, start);
}

/** Temporal's client takes header fields from interceptors only. */
export const startHeaders: WorkflowClientInterceptor = {
  startWithDetails(input, next) {
    return next({ ...input, headers: { ...input.headers, ...current.getStore() } });
  },
};
