import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { loadDataConverter } from '@temporalio/common/lib/internal-non-workflow';
import { isObject } from '../a2a/is-object';
import { ConfigError } from '../config/config-error';

/**
 * The data converter that a module exports as `dataConverter`, CommonJS or ES module; undefined without a module.
 * @param file relative to the working directory
 * @throws ConfigError when the module or what it names cannot be loaded, or when it exports no such thing
 */
export async function dataConverterOf(file: string | undefined): Promise<DataConverter | undefined> {
  if (file === undefined) return undefined;
  const path = resolve(file);
  const found = exported(await importModule(path));
  if (!isObject(found)) {
    throw new ConfigError([
      `DATA_CONVERTER: ${path} must export a \`dataConverter\`, as Temporal's clients take`,
    ]);
  }
  try {
    loadDataConverter(found);
  } catch (error) {
    throw new ConfigError([`DATA_CONVERTER: ${path}: ${(error as Error).message}`]);
  }
  return found;
}

async function importModule(path: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    throw new ConfigError([`DATA_CONVERTER: cannot load ${path}: ${(error as Error).message}`]);
  }
}

/** Not every way of writing CommonJS shows its exports to `import`. */
function exported({ dataConverter, default: whole }: Record<string, unknown>): unknown {
  return dataConverter ?? (isObject(whole) ? whole.dataConverter : undefined);
}
