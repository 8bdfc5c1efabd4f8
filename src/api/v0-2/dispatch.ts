import type { Context } from 'koa';
import type { Operation } from '../operations';
import { METHODS_V03 } from '../v0-3/methods';
import { METHODS_V02, orV02 } from './methods';

/**
 * The method of a client from before 0.3: it says so (clients of those years do not, but people do), or names a
 * method that no later version has. `message/send` and its like came with 0.2.0 and stayed the same.
 */
export function methodOfV02(ctx: Context, method: string): Operation | undefined {
  if (saysV02(ctx)) return METHODS_V02.get(method) ?? METHODS_V03.get(method);
  return ctx.get('A2A-Version').trim() === '' && !METHODS_V03.has(method)
    ? METHODS_V02.get(method)
    : undefined;
}

/** Whether the request names a version from before 0.3. */
export function saysV02(ctx: Context): boolean {
  return /^0\.[12](\.\d{1,5})?$/.test(ctx.get('A2A-Version').trim());
}

/** The methods of 0.3; of those whose names 0.2 had too, each finds the tasks of both. */
export const METHODS_V03_AND_V02: ReadonlyMap<string, Operation> = new Map(
  [...METHODS_V03].map(([name, operation]) => [name, orV02(operation, name)]),
);
