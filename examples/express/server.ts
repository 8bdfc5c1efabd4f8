import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { User } from '@a2a-js/sdk/server';
import { agentCardHandler, jsonRpcHandler, restHandler } from '@a2a-js/sdk/server/express';
import express, { type Request } from 'express';
import type { Bridge } from 'temporal-a2a';

/** Who calls, and a signal for when they have gone: the SDK hands the user on, but not the request. */
class Caller implements User {
  private readonly left = new AbortController();
  readonly gone = this.left.signal;
  readonly userName: string;

  constructor(req: Request) {
    // Take the name from your own authentication; tasks belong to it. Without one, they are everybody's.
    this.userName = String((req as { user?: { name?: string } }).user?.name ?? '');
    req.res?.once('close', () => this.left.abort());
  }

  get isAuthenticated(): boolean {
    return this.userName !== '';
  }
}

/**
 * An Express app that offers every agent of a bridge with the handlers of the official SDK:
 * JSON-RPC and HTTP+JSON at `/agents/{id}`, the card below it.
 */
export async function serveWithExpress(
  bridge: Bridge,
  port: number,
): Promise<{ url: string; server: Server }> {
  const app = express();
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(port, '127.0.0.1', () => resolve(listening));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const { id } of bridge.agents) {
    const requestHandler = bridge.requestHandler({
      agentId: id,
      url: `${url}/agents/${id}`,
      signal: ({ user }) => (user instanceof Caller ? user.gone : undefined),
    });
    const userBuilder = async (req: Request) => new Caller(req);
    app.use(
      `/agents/${id}/.well-known/agent-card.json`,
      agentCardHandler({ agentCardProvider: requestHandler }),
    );
    app.use(`/agents/${id}`, jsonRpcHandler({ requestHandler, userBuilder }));
    app.use(`/agents/${id}`, restHandler({ requestHandler, userBuilder }));
  }
  return { url, server };
}
