import { randomUUID } from 'node:crypto';
import { status as GRPC } from '@grpc/grpc-js';
import { isGrpcServiceError } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '../contract/contract';
import { quoted } from '../temporal/quoted';
import type { TemporalConnection } from '../temporal/connection';
import { isForbidden, searchAttributeCommands, searchAttributesUsable } from '../temporal/search-attributes';
import { error, type Finding, ok, reasonOf, warning } from './finding';

const TYPES = temporal.api.enums.v1.IndexedValueType;
const { TASK_QUEUE_TYPE_WORKFLOW } = temporal.api.enums.v1.TaskQueueType;

/** Keyword attributes that a namespace has in a SQL store. */
const SQL_KEYWORDS = 10;

/** Time in ms that a call may take. */
const CALL_MS = 10_000;

/** Difference of the clocks in ms, either way. */
const SKEW_MS = { warning: 1_000, error: 30_000 };

/** How long a poll waits that makes Temporal tell its time, in ms. */
const POLL_MS = 4_000;

const DAY_S = 24 * 60 * 60;

/** @param testedVersion the version of Temporal's server that this package is tested with */
export async function checkServer(at: TemporalConnection, testedVersion: string): Promise<Finding> {
  const about = `Temporal at ${at.address}`;
  const { serverVersion = '' } = await within(at, () => at.connection.workflowService.getSystemInfo({}));
  const isOlder = serverVersion.localeCompare(testedVersion, 'en', { numeric: true }) < 0;
  if (!isOlder || serverVersion === '') return ok(about, `server ${serverVersion || 'of unknown version'}`);
  const text = `server ${serverVersion} is older than ${testedVersion}, with which this release is tested`;
  return warning(about, text, `upgrade the server to ${testedVersion} or later`);
}

/** Retention, and the search attributes. */
export async function checkNamespace(at: TemporalConnection): Promise<Finding[]> {
  const { connection, namespace, address } = at;
  const about = `namespace ${JSON.stringify(namespace)}`;
  const { config } = await within(at, () => connection.workflowService.describeNamespace({ namespace }));
  const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  const kept = `ended tasks can be read for ${lengthOf(seconds)}`;
  const update = `temporal operator namespace update --address ${quoted(address)} --namespace ${quoted(namespace)}`;
  return [
    seconds >= DAY_S
      ? ok(about, kept)
      : warning(about, `${kept} only`, `keep them longer: ${update} --retention 72h`),
    await checkSearchAttributes(at, Object.keys(config?.customSearchAttributeAliases ?? {})),
  ];
}

/** For credentials that may not list them, as in Temporal Cloud. */
async function checkByUse({ connection, namespace }: TemporalConnection): Promise<Finding> {
  const about = 'search attributes';
  if (await searchAttributesUsable(connection, namespace)) return ok(about, 'can be used');
  const { cli, cloud } = searchAttributeCommands(namespace);
  return error(about, 'some are missing', `${cli}; in Temporal Cloud: ${cloud}`);
}

/** @param columns of a SQL store that are in use; none where the store has no such limit */
async function checkSearchAttributes(at: TemporalConnection, columns: readonly string[]): Promise<Finding> {
  const { connection, namespace, address } = at;
  const about = 'search attributes';
  const listed = await within(at, () => connection.operatorService.listSearchAttributes({ namespace })).catch(
    (cause: unknown) => {
      if (!isForbidden(cause)) throw cause;
    },
  );
  if (listed === undefined) return checkByUse(at);
  const existing = listed.customAttributes ?? {};
  const wanted = Object.entries(SEARCH_ATTRIBUTES);
  const typeOf = (type: (typeof wanted)[number][1]) => TYPES[`INDEXED_VALUE_TYPE_${type}`];
  const missing = wanted.filter(([name]) => existing[name] === undefined);
  const wrong = wanted.filter(([name, type]) => ![undefined, typeOf(type)].includes(existing[name]));
  const left = SQL_KEYWORDS - columns.filter((column) => /^Keyword\d+$/.test(column)).length;
  const isSql = columns.length > 0;
  const keywords = isSql
    ? `; ${left} of the ${SQL_KEYWORDS} Keyword attributes of the SQL store are left`
    : '';
  const common = `--address ${quoted(address)} --namespace ${quoted(namespace)}`;
  if (wrong.length > 0) {
    const names = wrong.map(([name]) => name).join(', ');
    const text = `${names} have another type than ${wrong.map(([, type]) => type).join(', ')}`;
    const remedy = `use another namespace, or remove them: temporal operator search-attribute remove ${common} --name <name>`;
    return error(about, text, remedy);
  }
  if (missing.length === 0)
    return ok(about, `${wanted.map(([name]) => name).join(', ')} are there${keywords}`);
  const needed = missing.filter(([, type]) => type === 'KEYWORD').length;
  const text = `${missing.map(([name]) => name).join(', ')} are missing${keywords}`;
  if (isSql && needed > left) {
    return error(
      about,
      `${text}, and ${needed} are needed`,
      'remove some that nobody uses, or use another namespace',
    );
  }
  const each = missing.map(
    ([name, type]) => ` --name ${name} --type ${type === 'KEYWORD' ? 'Keyword' : 'Datetime'}`,
  );
  const remedy = `start the API or a worker, which adds them; or: temporal operator search-attribute create ${common}${each.join('')}`;
  return warning(about, text, remedy);
}

/** Tasks whose workflow task fails again and again, of which Temporal says so after the fifth attempt. */
export async function checkStuckTasks(at: TemporalConnection): Promise<Finding> {
  const { connection, namespace, address } = at;
  const about = 'stuck tasks';
  const query =
    'A2aAgent IS NOT NULL AND TemporalReportedProblems IS NOT NULL AND ExecutionStatus = "Running"';
  const { workflowService } = connection;
  const count = await within(at, () => workflowService.countWorkflowExecutions({ namespace, query })).then(
    (counted) => Number(counted.count),
    (cause: unknown) => {
      // Without the search attributes there have been no tasks.
      if (isGrpcServiceError(cause) && cause.code === GRPC.INVALID_ARGUMENT) return 0;
      throw cause;
    },
  );
  if (count === 0) return ok(about, 'no workflow task fails again and again');
  const { executions } = await within(at, () =>
    workflowService.listWorkflowExecutions({ namespace, query, pageSize: 5 }),
  );
  const ids = (executions ?? []).map(({ execution, type }) => `${execution?.workflowId} (${type?.name})`);
  const more = count > ids.length ? ', ...' : '';
  const text = `the workflow task of ${count} fails again and again: ${ids.join(', ')}${more}`;
  const list = `temporal workflow list --address ${quoted(address)} --namespace ${quoted(namespace)} --query ${quoted(query)}`;
  return error(
    about,
    text,
    `GetTask of each says why; correct the workflow, or terminate them. All: ${list}`,
  );
}

/** Temporal tells its time of a poll that has just begun, on a task queue that nobody else uses. */
export async function checkClock(at: TemporalConnection): Promise<Finding> {
  const about = 'clock';
  const { connection, namespace } = at;
  const taskQueue = { name: `temporal-a2a-doctor-${randomUUID()}` };
  const { workflowService } = connection;
  const begun = Date.now();
  const poll = connection.withDeadline(begun + POLL_MS, () =>
    workflowService.pollWorkflowTaskQueue({ namespace, taskQueue, identity: 'temporal-a2a doctor' }),
  );
  // That there is no work is what was expected.
  const over = poll.then(
    () => true,
    () => true,
  );
  let server: number | undefined;
  let seen = begun;
  for (let done = false; server === undefined && !done; ) {
    done = await Promise.race([over, new Promise<false>((next) => setTimeout(next, 100, false))]);
    const { pollers } = await within(at, () =>
      workflowService.describeTaskQueue({ namespace, taskQueue, taskQueueType: TASK_QUEUE_TYPE_WORKFLOW }),
    );
    const time = pollers?.[0]?.lastAccessTime;
    if (time) server = Number(time.seconds ?? 0) * 1_000 + (time.nanos ?? 0) / 1e6;
    seen = Date.now();
  }
  await over;
  if (server === undefined)
    return ok(about, 'Temporal has not told its time, so that the clocks are not compared');
  return clockFinding(about, server, begun, seen);
}

/**
 * @param server Temporal's time of the poll, in ms since 1970
 * @param begun our time before it
 * @param seen our time after it
 */
export function clockFinding(about: string, server: number, begun: number, seen: number): Finding {
  const skew = server < begun ? server - begun : Math.max(0, server - seen);
  const text = `${(Math.abs(skew) / 1_000).toFixed(1)} s ${skew < 0 ? 'ahead of' : 'behind'} Temporal's server`;
  if (Math.abs(skew) < SKEW_MS.warning) return ok(about, "is that of Temporal's server");
  const remedy = 'set the clocks of both machines by NTP';
  return Math.abs(skew) < SKEW_MS.error ? warning(about, text, remedy) : error(about, text, remedy);
}

/** What a check cannot find out, as when a key may not ask. */
export async function orUnknown(
  about: string,
  check: () => Promise<Finding | Finding[]>,
): Promise<Finding[]> {
  try {
    return [await check()].flat();
  } catch (cause) {
    const remedy = 'let the credentials of this process ask Temporal for it, or look yourself';
    return [warning(about, `cannot be found out: ${reasonOf(cause)}`, remedy)];
  }
}

function within<T>({ connection }: TemporalConnection, call: () => Promise<T>): Promise<T> {
  return connection.withDeadline(Date.now() + CALL_MS, call);
}

function lengthOf(seconds: number): string {
  if (seconds >= 2 * DAY_S) return `${Math.floor(seconds / DAY_S)} days`;
  return `${Math.floor(seconds / 3600)} hours`;
}
