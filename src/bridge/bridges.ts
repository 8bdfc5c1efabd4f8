import type { Client } from '@temporalio/client';
import { TaskBridge, type TaskBridgeOptions } from './bridge';

/**
 * The bridges of a worker's activities and Nexus operations, which get the worker's client with each call: one for
 * each client, made when it is first asked for.
 */
export class Bridges {
  private readonly byClient = new WeakMap<Client, TaskBridge>();

  constructor(private readonly options: Omit<TaskBridgeOptions, 'client'>) {}

  of(client: Client): TaskBridge {
    const known = this.byClient.get(client) ?? new TaskBridge({ ...this.options, client });
    this.byClient.set(client, known);
    return known;
  }
}
