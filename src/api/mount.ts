import type Router from '@koa/router';
import type { Context, Middleware } from 'koa';

/** Where another Koa app serves this one, as koa-mount tells it too. */
interface Mounted {
  mountPath?: string;
}

/** The path below which another Koa app serves this one; empty at its root. */
export function mountPath(ctx: Context): string {
  return (ctx as Context & Mounted).mountPath ?? '';
}

/** Middleware that serves what the router knows below `prefix`, and leaves everything else to the next one. */
export function mount(
  router: Router,
  prefix: string,
  serve: (ctx: Context, next: () => Promise<void>) => Promise<void>,
): Middleware {
  const routes = router.routes();
  return async (ctx, next) => {
    const { path } = ctx;
    const inner = path === prefix ? '/' : path.slice(prefix.length);
    const isBelow = path.startsWith(prefix) && inner.startsWith('/');
    if (!isBelow || router.match(inner, ctx.method).path.length === 0) return next();
    const mounted = ctx as Context & Mounted;
    const outer = mounted.mountPath;
    mounted.mountPath = `${outer ?? ''}${prefix}`;
    ctx.path = inner;
    try {
      await serve(ctx, () => routes(ctx as Parameters<typeof routes>[0], async () => {}));
    } finally {
      ctx.path = path;
      if (outer === undefined) delete mounted.mountPath;
      else mounted.mountPath = outer;
    }
  };
}
