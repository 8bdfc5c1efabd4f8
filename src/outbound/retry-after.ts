/** The longest that an answer can have us wait. */
const MAX_WAIT_MS = 60 * 60_000;

const NUMBER = /^\s*\d{1,12}(\.\d{1,12})?\s*$/;

/**
 * How long an answer asks to wait, in ms: `retry-after-ms`, which some servers send, or `Retry-After` (RFC 9110
 * section 10.2.3) in seconds or as a date. Undefined when it does not say, or says nothing that makes sense.
 */
export function retryAfterMs(headers: Pick<Headers, 'get'> | undefined): number | undefined {
  const asked = readMs(headers?.get('retry-after-ms')) ?? readSeconds(headers?.get('retry-after'));
  return asked !== undefined && asked > 0 ? Math.min(asked, MAX_WAIT_MS) : undefined;
}

function readMs(text: string | null | undefined): number | undefined {
  return text && NUMBER.test(text) ? Number(text) : undefined;
}

function readSeconds(text: string | null | undefined): number | undefined {
  if (!text) return undefined;
  if (NUMBER.test(text)) return Number(text) * 1_000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : date - Date.now();
}
