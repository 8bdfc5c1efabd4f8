import { isObject } from './is-object';

/** JSON by RFC 8785; what is parsed from JSON holds nothing that it does not know. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const fields = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`);
  return `{${fields.join(',')}}`;
}

/** Without unset fields, as the SDKs sign cards: null, "", [] and {} at any depth; undefined when nothing is left. */
export function withoutEmpty(value: unknown): unknown {
  if (value === undefined || value === null || value === '') return undefined;
  if (Array.isArray(value)) {
    const rest = value.map(withoutEmpty).filter((each) => each !== undefined);
    return rest.length > 0 ? rest : undefined;
  }
  if (!isObject(value)) return value;
  const fields = Object.entries(value).map(([name, each]) => [name, withoutEmpty(each)] as const);
  const rest = fields.filter(([, each]) => each !== undefined);
  return rest.length > 0 ? Object.fromEntries(rest) : undefined;
}
