import cors from '@koa/cors';
import type { Context, Middleware } from 'koa';
import { CODEC_PATH } from './codec-server';

/** How long browsers may keep the answer to a preflight request, in seconds. */
const MAX_AGE_S = 600;

/** Headers of answers that the clients of A2A read. */
const EXPOSED = ['A2A-Extensions', 'ETag', 'Retry-After', 'WWW-Authenticate', 'X-Request-Id'];

/**
 * Lets pages of other origins call the API (https://fetch.spec.whatwg.org/#http-cors-protocol): without cookies, which
 * nothing here reads, so that a page needs a key or a token of its own where one is asked for.
 * @param origins such as `https://app.example.com`, or `*` for all
 */
export function allowOrigins(origins: readonly string[]): Middleware {
  const isAllowed = (origin: string) => origins.includes('*') || origins.includes(origin);
  const forPages = cors({
    origin: (ctx: Context) => {
      const origin = ctx.get('Origin');
      return isAllowed(origin) ? origin : '';
    },
    allowMethods: ['GET', 'POST', 'DELETE'],
    exposeHeaders: EXPOSED,
    maxAge: MAX_AGE_S,
  });
  // Which has origins of its own.
  return (ctx, next) => (CODEC_PATH.test(ctx.path) ? next() : forPages(ctx, next));
}
