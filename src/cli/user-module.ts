import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isObject } from '../a2a/is-object';
import { ConfigError } from '../config/config-error';

/**
 * What a module of the user exports under a name, CommonJS or ES module; undefined when it exports no such thing.
 * @param setting that names the module, for errors
 * @param file relative to the working directory
 * @throws ConfigError when the module or what it imports cannot be loaded
 */
export async function exportOf(
  setting: string,
  file: string,
  name: string,
): Promise<{ path: string; value: unknown }> {
  const path = resolve(file);
  let exported: Record<string, unknown>;
  try {
    exported = await import(pathToFileURL(path).href);
  } catch (error) {
    throw new ConfigError([`${setting}: cannot load ${path}: ${(error as Error).message}`]);
  }
  // Not every way of writing CommonJS shows its exports to `import`.
  const whole = exported.default;
  return { path, value: exported[name] ?? (isObject(whole) ? whole[name] : undefined) };
}
