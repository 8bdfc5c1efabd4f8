import { type Payload, type PayloadCodec, ValueError } from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/internal-non-workflow';
import type { Context } from 'koa';
import type { Logger } from 'pino';
import { z } from 'zod';
import { InvalidParamsError, unavailable } from '../a2a/errors';
import type { Authenticate } from '../auth/caller';
import { unwrapped } from '../bridge/task-start';
import { EncryptionKeyError } from '../contract/encryption-keys';
import { readJsonBody } from './request-body';
import { requestContext } from './request-context';

/** Decodes for operators what Temporal's UI and command line show: Temporal's remote codec protocol, over HTTP. */
export interface CodecServer {
  /** Those of the data converter. */
  codecs: readonly PayloadCodec[];
  /** Who may decode: everything of every owner. Callers of agents are others. */
  authenticate: Authenticate;
  /** Origins of Temporal's UI whose pages may ask, such as "http://localhost:8233"; none unless set. */
  origins?: readonly string[];
}

/** Below this path, with or without a namespace between: `/codec/decode`, `/codec/default/encode`. */
export const CODEC_PATH = /^\/codec(?:\/[^/]+)?\/(?<way>decode|encode)$/;

/** Headers that the UI sends, and how long in s a browser remembers that it may. */
const CORS = {
  'Access-Control-Allow-Methods': 'POST, OPTIONS',
  'Access-Control-Allow-Headers': 'Authorization, Authorization-Extras, Content-Type, X-Namespace',
  'Access-Control-Allow-Credentials': 'true',
  'Access-Control-Max-Age': '600',
};

const base64 = z.base64();

/** As ProtoJSON has payloads: bytes in base64, the values of the metadata too. */
const body = z.object({
  payloads: z.array(z.object({ metadata: z.record(z.string(), base64).nullish(), data: base64.nullish() })),
});

type JsonPayload = z.infer<typeof body>['payloads'][number];

/** Tells the browser whether the page may ask; before anything that may fail, so that the page sees errors too. */
export function answerOrigin(ctx: Context, { origins = [] }: CodecServer): void {
  const origin = ctx.get('Origin');
  ctx.vary('Origin');
  if (!origins.includes(origin)) return;
  ctx.set({ ...CORS, 'Access-Control-Allow-Origin': origin });
}

/**
 * Answers `{"payloads": [...]}` with the same, decoded or encoded. What cannot be decoded, since its key is not here,
 * stays as it is, so that the rest can be seen.
 * @throws InvalidParamsError; BridgeError UNAUTHENTICATED, PERMISSION_DENIED, and UNAVAILABLE when a codec fails
 */
export async function serveCodec(
  ctx: Context,
  server: CodecServer,
  { maxBodyBytes, logger }: { maxBodyBytes: number; logger: Pick<Logger, 'warn'> },
): Promise<void> {
  answerOrigin(ctx, server);
  const { audited = {} } = requestContext(ctx).facts;
  const decodes = CODEC_PATH.exec(ctx.path)?.groups?.way === 'decode';
  audited.operation = decodes ? 'DecodePayloads' : 'EncodePayloads';
  audited.owner = await server.authenticate({
    header: (name) => ctx.get(name),
    agent: undefined,
    recognized: (caller) => Object.assign(audited, caller),
  });
  const payloads = readPayloads(await readJsonBody(ctx, maxBodyBytes)).map(fromJson);
  const codecs = [...server.codecs];
  const done = decodes
    ? Promise.all(payloads.map((payload) => decodeOrShow(codecs, payload, logger)))
    : encode(codecs, payloads);
  try {
    ctx.body = { payloads: (await done).map(toJson) };
  } catch (error) {
    throw unavailable('The codec fails now; try again in a moment', error);
  }
}

async function decodeOrShow(
  codecs: PayloadCodec[],
  payload: Payload,
  logger: Pick<Logger, 'warn'>,
): Promise<Payload> {
  try {
    const [decoded = {}] = await decode(codecs, [unwrapped(payload)]);
    return decoded;
  } catch (error) {
    if (!(error instanceof EncryptionKeyError || error instanceof ValueError)) throw error;
    logger.warn({ err: error }, 'a payload cannot be decoded, and is shown as it is');
    return payload;
  }
}

/** @throws InvalidParamsError */
function readPayloads(value: unknown): JsonPayload[] {
  const parsed = body.safeParse(value);
  if (parsed.success) return parsed.data.payloads;
  throw new InvalidParamsError(
    parsed.error.issues.map(({ path, message }) => ({
      field: path.join('.') || 'payloads',
      description: message,
    })),
  );
}

function fromJson({ metadata, data }: JsonPayload): Payload {
  const bytes = Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value, 'base64')]);
  return { metadata: Object.fromEntries(bytes), data: Buffer.from(data ?? '', 'base64') };
}

function toJson({ metadata, data }: Payload): JsonPayload {
  const entries = Object.entries(metadata ?? {});
  return {
    metadata: Object.fromEntries(
      entries.map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    ),
    ...(data?.length && { data: Buffer.from(data).toString('base64') }),
  };
}
