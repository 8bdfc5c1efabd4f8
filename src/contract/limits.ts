import type { PayloadMode } from './payload-mode';

/**
 * The largest payload that may cross to Temporal, in bytes of JSON. Temporal refuses payloads over 2 MiB
 * (`limit.blobSize.error`); the difference leaves room for envelope and metadata.
 */
export const MAX_PAYLOAD_BYTES = 2 * 1024 * 1024 - 16 * 1024;

/**
 * The largest field of a command, and the largest result or failure of an activity, in bytes: what Temporal takes, less
 * what protobuf adds to the texts and bytes that are counted. What a workflow could always send, it still can.
 */
export const MAX_COMMAND_BYTES = 2 * 1024 * 1024 - 1024;

/**
 * As MAX_PAYLOAD_BYTES, where external storage takes large payloads: a workflow decodes and encodes some 20 MB a second,
 * and its worker gives up code that runs for 5 seconds, again and again.
 */
export const MAX_STORED_BYTES = 32 * 1024 * 1024;

/** The largest payload of a worker or client, in bytes of JSON. */
export function maxPayloadBytes(mode: PayloadMode): number {
  return mode === 'stored' ? MAX_STORED_BYTES : MAX_PAYLOAD_BYTES;
}

/** The most that a workflow may send in one workflow task: Temporal takes messages of 4 MiB, and its SDK adds to them. */
export const MAX_WORKFLOW_TASK_BYTES = 4 * 1024 * 1024 - 128 * 1024;

/** Bytes that a value takes as JSON in UTF-8. */
export function payloadBytes(value: unknown): number {
  return utf8Bytes(JSON.stringify(value) ?? '');
}

/** Says what is too large, its size and the limit. */
export function tooLarge(
  what: string,
  bytes: number,
  { unit = 'bytes of JSON', max = MAX_PAYLOAD_BYTES } = {},
): string {
  const whose = max < MAX_STORED_BYTES ? " (Temporal's payload limit of 2 MB)" : '';
  return `${what} is ${bytes} ${unit}; the limit is ${max} bytes${whose}`;
}

/** Characters that are left of the message of a failure that is too large. */
const MESSAGE_LEFT = 10_000;

/** What a failure that is too large says instead: why, and how its own message begins. */
export function withBeginning(text: string, message: string): string {
  return `${text}. It begins: ${message.slice(0, MESSAGE_LEFT)}`;
}

/** Says that a workflow sends too much in one workflow task. */
export function tooMuchAtOnce(what: string, bytes: number): string {
  return (
    `with ${what}, the workflow sends ${bytes} bytes at once; the limit is ${MAX_WORKFLOW_TASK_BYTES} bytes ` +
    "(Temporal's limit of 4 MB for one workflow task): send large artifacts from an activity"
  );
}

/** The workflow sandbox has neither Buffer nor a reliable TextEncoder. */
export function utf8Bytes(text: string): number {
  if (!/[\u0080-\uffff]/.test(text)) return text.length;
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (unit >= 0xd800 && unit <= 0xdbff && index + 1 < text.length) {
      bytes += 2;
      index++;
    } else bytes += 2;
  }
  return bytes;
}
