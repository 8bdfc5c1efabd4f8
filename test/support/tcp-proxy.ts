import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and a server, and can take the server away. */
export interface TcpProxy {
  /** `127.0.0.1:<port>`, always the same. */
  address: string;
  /** Cuts all connections and refuses new ones, as when the server has ended. */
  refuse(): Promise<void>;
  /** Passes nothing on any more, and takes new connections without a word, as when the server hangs. */
  silence(): void;
  /** Passes everything on again; connections that were silenced are cut. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  let silent = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  };
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const accept = (client: Socket) => {
    keep(client);
    if (silent) return;
    const server = connect(Number(port), host);
    keep(server);
    // By hand: a pipe would end the other side with this one, and cannot be held.
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('data', (chunk) => void (silent || to.write(chunk)));
      from.on('close', () => void (silent || to.destroy()));
    }
  };
  const listen = async (at: number): Promise<Server> => {
    const server = createServer(accept).listen(at, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  let listener: Server | undefined = await listen(0);
  const own = (listener.address() as AddressInfo).port;
  const stop = async () => {
    const closed = listener && once(listener, 'close');
    listener?.close();
    listener = undefined;
    cut();
    await closed;
  };
  return {
    address: `127.0.0.1:${own}`,
    refuse: stop,
    silence: () => {
      silent = true;
    },
    restore: async () => {
      silent = false;
      cut();
      listener ??= await listen(own);
    },
    close: stop,
  };
}
