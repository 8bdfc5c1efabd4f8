import { Client } from '@temporalio/client';
import type { TestTemporal } from './temporal';

interface PollRequest {
  waitNewEvent?: boolean | null;
  execution?: { workflowId?: string | null } | null;
}

export interface CountedTemporal extends TestTemporal {
  /** Long polls for the history of one workflow: now, and most at once so far. */
  polls(workflowId: string): { now: number; most: number; all: number };
  /** Calls of this name so far. */
  made(name: string): number;
  /** The names of all calls so far, in order. */
  order: string[];
  /** Calls of this name fail with this error while it is set. */
  failing: Map<string, Error>;
  /** Calls whose request this finds wrong fail with the error that it gives. */
  refuse: (name: string, request: object) => Error | undefined;
}

/** The same server over a client that counts its long polls, and whose calls can be made to fail. */
export function countCalls(temporal: TestTemporal): CountedTemporal {
  const counts = new Map<string, { now: number; most: number; all: number }>();
  const failing = new Map<string, Error>();
  const made = new Map<string, number>();
  const order: string[] = [];
  const client = new Client({ connection: temporal.connection, namespace: temporal.namespace });
  const { workflowService } = client;
  const refusing: Pick<CountedTemporal, 'refuse'> = { refuse: () => undefined };
  const counted = new Proxy(workflowService, {
    get(target, name, receiver) {
      const method: unknown = Reflect.get(target, name, receiver);
      if (typeof method !== 'function' || name === 'rpcCall') return method;
      return async (...args: unknown[]) => {
        order.push(String(name));
        made.set(String(name), (made.get(String(name)) ?? 0) + 1);
        const failure = failing.get(String(name)) ?? refusing.refuse(String(name), Object(args[0]) as object);
        if (failure !== undefined) throw failure;
        const request = args[0] as PollRequest;
        if (name !== 'getWorkflowExecutionHistory' || request.waitNewEvent !== true) {
          return method.apply(target, args) as unknown;
        }
        const id = String(request.execution?.workflowId);
        const count = counts.get(id) ?? { now: 0, most: 0, all: 0 };
        counts.set(id, count);
        count.now += 1;
        count.all += 1;
        count.most = Math.max(count.most, count.now);
        try {
          return (await method.apply(target, args)) as unknown;
        } finally {
          count.now -= 1;
        }
      };
    },
  });
  Object.defineProperty(client, 'workflowService', { get: () => counted });
  return Object.assign(refusing, {
    ...temporal,
    client,
    failing,
    order,
    made: (name: string) => made.get(name) ?? 0,
    polls: (id: string) => ({ ...(counts.get(id) ?? { now: 0, most: 0, all: 0 }) }),
  });
}
