import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import type { ConnectionLike } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '../contract/contract';
import { quoted } from './quoted';

const TYPES = temporal.api.enums.v1.IndexedValueType;
const USABLE_TIMEOUT_MS = 90_000;

/** As in Temporal Cloud, where operators have tools of their own. */
const FORBIDDEN = [status.PERMISSION_DENIED, status.UNIMPLEMENTED, status.UNAUTHENTICATED];

/**
 * Makes sure that the search attributes of the contract exist and can be used, adding those that are missing.
 * @throws an Error naming what has the wrong type, or what somebody else has to create
 */
export async function ensureSearchAttributes(connection: ConnectionLike, namespace: string): Promise<void> {
  const wanted = Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => ({ name, type: typeOf(type) }));
  try {
    const listed = await withDeadline(connection, () =>
      connection.operatorService.listSearchAttributes({ namespace }),
    );
    const existing = listed.customAttributes;
    const wrong = wanted.filter(({ name, type }) => existing[name] !== undefined && existing[name] !== type);
    if (wrong.length > 0) throw new WrongTypeError(namespace, wrong, existing);
    const missing = wanted.filter(({ name }) => existing[name] === undefined);
    if (missing.length > 0) {
      const searchAttributes = Object.fromEntries(missing.map(({ name, type }) => [name, type]));
      await withDeadline(connection, () =>
        connection.operatorService.addSearchAttributes({ namespace, searchAttributes }),
      );
    }
  } catch (error) {
    const code = codeOf(error);
    const forbidden = isForbidden(error);
    if (!forbidden && code !== status.ALREADY_EXISTS) throw error;
    if (forbidden && !(await searchAttributesUsable(connection, namespace)))
      throw notAllowed(namespace, error);
  }
  const deadline = Date.now() + USABLE_TIMEOUT_MS;
  while (!(await searchAttributesUsable(connection, namespace))) {
    if (Date.now() > deadline) {
      throw new Error(
        `search attributes of namespace "${namespace}" are not usable ${USABLE_TIMEOUT_MS / 1000} s after they were added`,
      );
    }
    await sleep(250);
  }
}

/** Whether the server does not let this caller list or add search attributes. */
export function isForbidden(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && FORBIDDEN.includes(code);
}

class WrongTypeError extends Error {
  constructor(
    namespace: string,
    wrong: { name: string; type: number }[],
    existing: Record<string, temporal.api.enums.v1.IndexedValueType>,
  ) {
    const each = wrong.map(
      ({ name, type }) => `${name} is ${nameOf(existing[name])}, expected ${nameOf(type)}`,
    );
    super(`namespace "${namespace}" has search attributes of the wrong type: ${each.join('; ')}`);
  }
}

function notAllowed(namespace: string, cause: unknown): Error {
  const { cli, cloud } = searchAttributeCommands(namespace);
  return new Error(
    `namespace "${namespace}" lacks search attributes, and the server does not allow adding them. ` +
      `Somebody who may does it with\n  ${cli}\nor in Temporal Cloud with\n  ${cloud}`,
    { cause },
  );
}

/** Commands of Temporal's own tools that add the search attributes. */
export function searchAttributeCommands(namespace: string): { cli: string; cloud: string } {
  const named = Object.entries(SEARCH_ATTRIBUTES).map(
    ([name, type]) => [name, nameOf(typeOf(type))] as const,
  );
  const one = named.map(([name, type]) => `--name ${name} --type ${type}`).join(' ');
  const each = named.map(([name, type]) => `--search-attribute ${name}=${type}`).join(' ');
  const where = `--namespace ${quoted(namespace)}`;
  return {
    cli: `temporal operator search-attribute create ${where} ${one}`,
    cloud: `tcld namespace search-attributes add ${where} ${each}`,
  };
}

/** Only a query tells: attributes come into use a while after they are added, and listing may be forbidden. */
export async function searchAttributesUsable(
  connection: ConnectionLike,
  namespace: string,
): Promise<boolean> {
  const query = Object.entries(SEARCH_ATTRIBUTES)
    .map(([name, type]) => (type === 'DATETIME' ? `${name} > '2000-01-01T00:00:00Z'` : `${name} = 'none'`))
    .join(' AND ');
  try {
    await withDeadline(connection, () =>
      connection.workflowService.countWorkflowExecutions({ namespace, query }),
    );
    return true;
  } catch (error) {
    if (codeOf(error) === status.INVALID_ARGUMENT) return false;
    throw error;
  }
}

function withDeadline<T>(connection: ConnectionLike, call: () => Promise<T>): Promise<T> {
  return connection.withDeadline(Date.now() + 15_000, call);
}

function typeOf(name: (typeof SEARCH_ATTRIBUTES)[keyof typeof SEARCH_ATTRIBUTES]): number {
  return TYPES[`INDEXED_VALUE_TYPE_${name}`];
}

function nameOf(type: number | undefined): string {
  const name = (TYPES[type ?? 0] ?? 'unknown').replace('INDEXED_VALUE_TYPE_', '').toLowerCase();
  return name.replace(/(^|_)([a-z])/g, (_match, _start, letter: string) => letter.toUpperCase());
}

function codeOf(error: unknown): status | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'number' ? code : undefined;
}
