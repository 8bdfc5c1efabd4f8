import type { Client } from '@temporalio/client';

/** One of something for each client, made when it is first asked for: activities get the worker's client with each call. */
export class PerClient<T> {
  private readonly known = new WeakMap<Client, T>();

  constructor(private readonly make: (client: Client) => T) {}

  of(client: Client): T {
    const known = this.known.get(client) ?? this.make(client);
    this.known.set(client, known);
    return known;
  }
}
