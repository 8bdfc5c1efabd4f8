// A TCP connection's way from one process to another, which can be cut, slowed and silenced.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** @param target `host:port` */
export async function startLink(target) {
  const [host, port] = target.split(':');
  const sockets = new Set();
  let delayMs = 0;
  let silent = false;

  const accept = (client) => {
    const server = connect(Number(port), host);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ]) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        if (!silent) to.destroy();
      });
      pass(from, to);
    }
  };

  /** In order, each chunk no sooner than its delay; what is read waits for what is written. */
  function pass(from, to) {
    let last = Promise.resolve();
    from.on('data', (chunk) => {
      if (silent) return;
      const due = Date.now() + delayMs;
      last = last.then(async () => {
        const left = due - Date.now();
        if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
        if (!to.destroyed && !to.write(chunk)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
    });
  }

  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const listen = async (at) => {
    const server = createServer(accept).listen(at, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  let listener = await listen(0);
  const { port: own } = listener.address();
  const close = async () => {
    const closing = listener;
    listener = undefined;
    const closed = closing && once(closing, 'close');
    closing?.close();
    cutAll();
    await closed;
  };
  return {
    address: `127.0.0.1:${own}`,
    url: `http://127.0.0.1:${own}`,
    /** Ends all connections and refuses new ones. */
    cut: close,
    /** Everything takes so much longer. */
    slow: (ms) => {
      delayMs = ms;
    },
    /** Nothing passes any more, and nobody is told. */
    silence: () => {
      silent = true;
    },
    /** Connections that were silenced have lost bytes, and are ended. */
    async mend() {
      if (silent) cutAll();
      silent = false;
      delayMs = 0;
      listener ??= await listen(own);
    },
    close,
  };
}
