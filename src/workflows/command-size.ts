import type { coresdk } from '@temporalio/proto';
import { workflowInfo } from '@temporalio/workflow';
import { isBytes } from '../contract/payload';
import { REFERENCE_BYTES, STORED_FROM_BYTES } from '../contract/payload-mode';
import { MAX_COMMAND_BYTES, payloadBytes, utf8Bytes } from '../contract/limits';
import { payloadMode } from './payload-mode';

export type Command = coresdk.workflow_commands.IWorkflowCommand;

/** What a command is, for people. */
const NAMES: Partial<Record<keyof Command, (command: Command) => string>> = {
  scheduleActivity: ({ scheduleActivity }) => `the start of the activity ${scheduleActivity?.activityType}`,
  scheduleLocalActivity: ({ scheduleLocalActivity }) =>
    `the start of the local activity ${scheduleLocalActivity?.activityType}`,
  startChildWorkflowExecution: ({ startChildWorkflowExecution }) =>
    `the start of the child workflow ${startChildWorkflowExecution?.workflowType}`,
  signalExternalWorkflowExecution: ({ signalExternalWorkflowExecution }) =>
    `the signal ${signalExternalWorkflowExecution?.signalName}`,
  scheduleNexusOperation: ({ scheduleNexusOperation }) =>
    `the start of the Nexus operation ${scheduleNexusOperation?.operation}`,
  modifyWorkflowProperties: ({ modifyWorkflowProperties }) =>
    `the memo (${Object.keys(modifyWorkflowProperties?.upsertedMemo?.fields ?? {}).join(', ')})`,
  continueAsNewWorkflowExecution: () => 'what continue-as-new carries over',
  completeWorkflowExecution: () => 'the result of the workflow',
  failWorkflowExecution: () => 'the failure of the workflow',
  respondToQuery: () => 'the answer of the query',
  updateResponse: () => 'the result of the update',
};

/** The memo as Temporal has it, by field: its limit is one for all of them together. */
const memo = new Map<string, number>();

/** A command of the workflow as Temporal gets it. */
export interface MeasuredCommand {
  what: string;
  /** Bytes of its largest field, each of which has Temporal's limit for itself. */
  largest: number;
  /** Bytes of the whole. */
  total: number;
}

export function measure(command: Command): MeasuredCommand {
  const kinds = Object.keys(command) as (keyof Command)[];
  const kind = kinds.find((key) => NAMES[key] !== undefined && command[key]);
  const fields = Object.values((kind && command[kind]) ?? command).map((field) => sizeOf(field));
  const memoFields = command.modifyWorkflowProperties?.upsertedMemo?.fields;
  return {
    what: (kind && NAMES[kind]?.(command)) ?? 'a command of the workflow',
    largest: Math.max(0, ...fields, memoFields ? memoSize(memoFields) : 0),
    total: fields.reduce((sum, bytes) => sum + bytes, 0),
  };
}

/** Size of the memo when these fields are written to it. */
function memoSize(fields: Record<string, unknown>): number {
  for (const [name, value] of Object.entries(workflowInfo().memo ?? {})) {
    if (!memo.has(name)) memo.set(name, asStored(payloadBytes(value)));
  }
  const sizes = Object.entries(fields).map(([name, value]) => [name, sizeOf(value)] as const);
  const after = new Map([...memo, ...sizes]);
  const bytes = [...after.values()].reduce((sum, size) => sum + size, 0);
  if (bytes <= MAX_COMMAND_BYTES) for (const [name, size] of sizes) memo.set(name, size);
  return bytes;
}

/** About the size of its protobuf. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return utf8Bytes(value);
  if (typeof value !== 'object' || value === null) return 0;
  if (isBytes(value)) return value.byteLength;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  let bytes = 0;
  // What has been read from protobuf has more in its prototype.
  for (const field of Object.values(value)) bytes += sizeOf(field);
  return 'metadata' in value && 'data' in value ? asStored(bytes) : bytes;
}

/** Bytes that Temporal gets of a payload. */
export function asStored(bytes: number): number {
  return bytes >= STORED_FROM_BYTES && payloadMode() === 'stored' ? REFERENCE_BYTES : bytes;
}
