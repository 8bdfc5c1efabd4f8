import { InvalidParamsError } from '../a2a/errors';
import { MAX_NESTING } from '../a2a/proto-json';

/**
 * Far deeper requests overflow the stack of whoever walks them.
 * @throws InvalidParamsError
 */
export function checkNesting(request: unknown): void {
  let level: object[] = isObject(request) ? [request] : [];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_NESTING) {
      const description = `must not be nested more than ${MAX_NESTING} levels deep`;
      throw new InvalidParamsError([{ field: 'request', description }]);
    }
    level = level.flatMap((value) =>
      value instanceof Uint8Array ? [] : (Object.values(value) as unknown[]).filter(isObject),
    );
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
