import Koa, { type Context } from 'koa';

type Serve = (ctx: Context) => Promise<unknown>;

/** What Koa does with a request that it has made a context of; its type definitions leave it out. */
interface RequestHandler {
  handleRequest(this: Koa, ctx: Context, serve: Serve): Promise<void>;
}

const { handleRequest } = Koa.prototype as unknown as RequestHandler;

/**
 * Koa, which lets go of a request that a stream has taken over (`ctx.respond = false`): by itself it holds the context
 * until the response ends, with listeners for that on response and socket, and there may be thousands of streams. All
 * other requests it watches from their answer on.
 */
export class StreamingKoa extends Koa implements RequestHandler {
  async handleRequest(ctx: Context, serve: Serve): Promise<void> {
    const { res } = ctx;
    res.statusCode = 404;
    try {
      await serve(ctx);
    } catch (error) {
      ctx.onerror(error as Error);
      return;
    }
    if (ctx.respond === false) return;
    const { statusCode } = res;
    await handleRequest.call(this, ctx, async () => {
      res.statusCode = statusCode;
    });
  }
}
