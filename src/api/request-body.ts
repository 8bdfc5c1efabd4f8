import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import getRawBody from 'raw-body';
import { BridgeError } from '../a2a/errors';
import { MAX_NESTING } from '../a2a/proto-json';
import { requestContext } from './request-context';

/** The media type of A2A (specification section 14.1). */
export const A2A_JSON = 'application/a2a+json';

/**
 * Reads the JSON body of a request; undefined when there is none.
 * @throws BridgeError UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, PARSE_ERROR
 */
export async function readJsonBody(ctx: Context, maxBytes: number): Promise<unknown> {
  const { req } = ctx;
  const empty = req.headers['content-length'] === '0' || !hasBody(req);
  if (empty && req.headers['content-type'] === undefined) return undefined;
  checkContentType(req);
  if (empty) return undefined;
  const bytes = await readBytes(req, maxBytes);
  requestContext(ctx).bodyBytes = bytes.length;
  return bytes.length === 0 ? undefined : parseJson(bytes);
}

function hasBody(req: IncomingMessage): boolean {
  return req.headers['content-length'] !== undefined || req.headers['transfer-encoding'] !== undefined;
}

function checkContentType(req: IncomingMessage): void {
  const [type = '', ...parameters] = (req.headers['content-type'] ?? '')
    .split(';')
    .map((part) => part.trim());
  if (!['application/json', A2A_JSON].includes(type.toLowerCase())) {
    const found = type === '' ? 'it is missing' : `got ${type.slice(0, 100)}`;
    throw unsupported(`Content-Type must be application/json or ${A2A_JSON}, ${found}`);
  }
  const charset = parameters
    .map((part) => /^charset\s*=\s*"?([^"]*)"?$/i.exec(part)?.[1])
    .find((name) => name);
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    throw unsupported(`The charset must be utf-8, got ${charset.slice(0, 100)}`);
  }
  const encoding = req.headers['content-encoding'] ?? 'identity';
  if (encoding.trim().toLowerCase() !== 'identity') {
    throw unsupported(
      `Content-Encoding is not supported: send the body as it is, got ${encoding.slice(0, 100)}`,
    );
  }
}

function unsupported(message: string): BridgeError {
  return new BridgeError('UNSUPPORTED_MEDIA_TYPE', message, {
    headers: { Accept: `application/json, ${A2A_JSON}`, 'Accept-Encoding': 'identity' },
  });
}

async function readBytes(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  try {
    return await getRawBody(req, { limit: maxBytes, length: req.headers['content-length'] ?? null });
  } catch (error) {
    const { type } = error as getRawBody.RawBodyError;
    if (type === 'entity.too.large') {
      // Node reads and drops the rest, within its request timeout, so that the client gets to read this answer.
      throw new BridgeError('PAYLOAD_TOO_LARGE', `The body is over the limit of ${maxBytes} bytes`);
    }
    if (type === 'request.aborted' || type === 'request.size.invalid') {
      throw new BridgeError('INVALID_REQUEST', 'The body ended early', { cause: error });
    }
    throw error;
  }
}

function parseJson(bytes: Buffer): unknown {
  checkNesting(bytes);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new BridgeError('PARSE_ERROR', 'Invalid JSON payload: the body is not valid UTF-8');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new BridgeError('PARSE_ERROR', 'Invalid JSON payload');
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Looks at bytes, not at parsed JSON: no ASCII byte occurs inside a longer UTF-8 character. */
function checkNesting(bytes: Buffer): void {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (inString) {
      if (byte === BACKSLASH) index++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === 0x5b || byte === 0x7b) {
      depth++;
      if (depth > MAX_NESTING) {
        throw new BridgeError(
          'PARSE_ERROR',
          `Invalid JSON payload: nested more than ${MAX_NESTING} levels deep`,
        );
      }
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
}
