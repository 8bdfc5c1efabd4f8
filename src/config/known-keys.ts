import { z } from 'zod';
import { isObject } from '../a2a/is-object';
import { agentsFile } from './agents-file';

type Schema = Record<string, unknown>;

let root: Schema | undefined;

/** The keys that an object at this place of agents.yaml may have. */
export function knownKeys(path: readonly PropertyKey[]): string[] {
  // Needed only where something is wrong.
  root ??= z.toJSONSchema(agentsFile, { io: 'input' }) as Schema;
  let found = alternatives(root);
  for (const key of path) {
    found = found
      .map(({ properties, items, additionalProperties }) =>
        typeof key === 'number' ? items : (asSchema(properties)[String(key)] ?? additionalProperties),
      )
      .flatMap((next) => alternatives(asSchema(next)));
  }
  return [...new Set(found.flatMap(({ properties }) => Object.keys(asSchema(properties))))];
}

/** What a value may be, by any of the ways that the schema allows. */
function alternatives(schema: Schema): Schema[] {
  const { $ref, anyOf, oneOf, allOf } = schema;
  const inner = [anyOf, oneOf, allOf].flatMap((list) => (Array.isArray(list) ? list : []));
  const named = typeof $ref === 'string' ? [resolve($ref)] : [];
  return [schema, ...[...named, ...inner].flatMap((each) => alternatives(asSchema(each)))];
}

/** As in `#/$defs/name`. */
function resolve(reference: string): unknown {
  return reference
    .split('/')
    .slice(1)
    .reduce<unknown>((at, key) => asSchema(at)[key], root);
}

function asSchema(value: unknown): Schema {
  return isObject(value) ? value : {};
}
