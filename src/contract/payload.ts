import type { Payload, PayloadConverter, SerializationContext } from '@temporalio/common';
import { defaultPayloadConverter } from '@temporalio/common';
import { decode } from '@temporalio/common/lib/encoding';
import { isDeeper, MAX_NESTING } from '../a2a/proto-json';

/**
 * What a payload holds. Workflows and bridge read what others have written with the same function, so that both
 * make the same Task of it.
 */
export type Reading =
  /** JSON, or the bytes (Uint8Array) of `binary/plain`. */
  | { kind: 'value'; value: unknown }
  /** No payload, or one that says that there is nothing (`binary/null`). */
  | { kind: 'absent' }
  | Unreadable;

/** Encoding of an encrypted payload, and the metadata field with the ID of its key: those of Temporal's samples. */
export const ENCRYPTED = 'binary/encrypted';
export const KEY_ID_METADATA = 'encryption-key-id';

/** Somebody has written something, and it cannot be told what. */
export interface Unreadable {
  kind: 'unreadable';
  /** As the payload names it; empty when it names none. */
  encoding: string;
  /** ID of the key that it is encrypted with, when it names one. */
  keyId?: string;
  /** Undefined when the encoding is unknown here. */
  why?: keyof typeof REASONS;
}

const REASONS = {
  'not-json': 'is not JSON',
  'too-deep': 'is nested too deeply',
  'external-storage': 'refers to external storage',
  codec: 'its codec refuses it',
  storage: 'what it refers to is not in its storage, or was changed',
};

/** A Task, with what its parts may hold. */
const DEEPEST = 2 * MAX_NESTING;

const ABSENT: Reading = { kind: 'absent' };

/** What SDKs leave in the history of a payload that they have put into external storage. */
const STORAGE_REFERENCE = 'temporal.api.sdk.v1.ExternalStorageReference';

/**
 * Reads a payload that has been through the codecs. Never throws.
 *
 * `json/*` is JSON, whoever has written it: `json/protobuf` is how the SDKs of other languages write protobuf
 * messages. Everything else is read by the payload converter.
 */
export function readPayload(
  payload: Payload | null | undefined,
  converter: PayloadConverter,
  context?: SerializationContext,
): Reading {
  if (payload === null || payload === undefined) return ABSENT;
  const encoding = encodingOf(payload);
  if (encoding === 'binary/null') return ABSENT;
  if (isStorageReference(payload)) {
    return { kind: 'unreadable', encoding, why: 'external-storage' };
  }
  if (encoding === 'binary/plain') return { kind: 'value', value: payload.data ?? new Uint8Array() };
  const isJson = encoding.startsWith('json/');
  if (converter !== defaultPayloadConverter && encoding !== 'json/protobuf') {
    const converted = convert(payload, converter, context);
    if (converted !== undefined) return converted;
  }
  if (!isJson) {
    const keyId = encoding === ENCRYPTED ? metadataOf(payload, KEY_ID_METADATA) : '';
    return { kind: 'unreadable', encoding, ...(keyId !== '' && { keyId }) };
  }
  const value = readJson(textOf(payload.data ?? new Uint8Array()));
  if (value === undefined) return { kind: 'unreadable', encoding, why: 'not-json' };
  return isDeeper(value, DEEPEST)
    ? { kind: 'unreadable', encoding, why: 'too-deep' }
    : { kind: 'value', value };
}

/** Whether SDKs have put what the payload holds into external storage. */
export function isStorageReference(payload: Payload): boolean {
  return metadataOf(payload, 'messageType') === STORAGE_REFERENCE;
}

/** The value; undefined when there is none, or none that can be read, for those to whom that is the same. */
export function valueIn(reading: Reading): unknown {
  return reading.kind === 'value' ? reading.value : undefined;
}

/** Says to a person what could not be read, why, and what would help whoever reads it. */
export function unreadableText(
  what: string,
  { encoding, keyId, why }: Unreadable,
  reader: 'bridge' | 'worker' = 'bridge',
): string {
  const where = reader === 'bridge' ? 'the bridge' : "the calling workflow's worker";
  if (keyId !== undefined) {
    const setting = 'setting ENCRYPTION_KEYS or DATA_CONVERTER, or `dataConverter` in code';
    return `${what} cannot be read: it is encrypted with the key "${keyId}", and ${where} decrypts nothing (${setting}).`;
  }
  const named = encoding === '' ? 'names no encoding' : `has the encoding "${encoding}"`;
  const text = `${what} cannot be read: it ${named}${why === undefined ? '' : `, but ${REASONS[why]}`}.`;
  if (why !== undefined && why !== 'external-storage') return text;
  const missing = why === undefined ? 'payload converter or codec' : 'external storage';
  const setting = 'setting DATA_CONVERTER, or `dataConverter` in code';
  return `${text} What is missing is the ${missing} of its worker in the data converter of ${where} (${setting}).`;
}

/**
 * The SDK's own decoder is for workflows, and takes half a second for what a Buffer takes milliseconds for. No bytes at
 * all are an empty array where protobufjs has read them.
 */
function textOf(bytes: Uint8Array): string {
  const { Buffer: NodeBuffer } = globalThis as { Buffer?: typeof Buffer };
  if (NodeBuffer === undefined || !ArrayBuffer.isView(bytes)) return decode(bytes);
  return NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** Undefined when the converter does not know how; then it may still be JSON. */
function convert(
  payload: Payload,
  converter: PayloadConverter,
  context: SerializationContext | undefined,
): Reading | undefined {
  try {
    const value: unknown = converter.fromPayload(payload, context);
    if (value === undefined) return ABSENT;
    // What it has made may be anything; what a task shows is JSON.
    return { kind: 'value', value: isBytes(value) ? value : JSON.parse(JSON.stringify(value)) };
  } catch {
    return undefined;
  }
}

/** Bytes of this or any other context: the workflow sandbox has its own classes. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]';
}

/** Empty when the payload names none. */
export function encodingOf(payload: Payload): string {
  return metadataOf(payload, 'encoding');
}

function metadataOf({ metadata }: Payload, key: string): string {
  const value = metadata?.[key];
  return value === undefined || value === null ? '' : decode(value);
}

/**
 * JSON, also as Python writes it: its bare NaN, Infinity and -Infinity, and numbers that no double holds, become
 * the strings "NaN", "Infinity" and "-Infinity", as ProtoJSON writes them. Undefined when it is none.
 */
export function readJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // Only such a number is read as Infinity, but IDs look like one.
    const mayHold = /\d{300}|\d[eE]\+?\d{3}/.test(text);
    return mayHold && holdsInfinity(value) ? withoutInfinity(value) : value;
  } catch {
    if (!BARE_NUMBER.test(text)) return undefined;
  }
  try {
    return withoutInfinity(
      JSON.parse(
        text.replace(STRING_OR_BARE_NUMBER, (found) => (found.startsWith('"') ? found : `"${found}"`)),
      ),
    );
  } catch {
    return undefined;
  }
}

const BARE_NUMBER = /NaN|Infinity/;
const STRING_OR_BARE_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|NaN|-?Infinity/g;

function holdsInfinity(value: unknown, levels = DEEPEST): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  if (typeof value !== 'object' || value === null || levels < 0) return false;
  for (const each of Object.values(value)) if (holdsInfinity(each, levels - 1)) return true;
  return false;
}

function withoutInfinity(value: unknown, levels = DEEPEST): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object' || value === null || levels < 0) return value;
  if (Array.isArray(value)) return value.map((each) => withoutInfinity(each, levels - 1));
  const entries = Object.entries(value).map(([key, each]) => [key, withoutInfinity(each, levels - 1)]);
  return Object.fromEntries(entries);
}
