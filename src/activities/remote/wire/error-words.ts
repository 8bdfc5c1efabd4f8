import { isObject } from '../../../a2a/is-object';
import { shortText } from '../fault';

/** So many of several errors are told. */
const MOST = 3;

/**
 * What the body of an answer says that refuses a request, on one line: the message of a JSON-RPC error, of a
 * google.rpc.Status, of problem details (RFC 9457), of FastAPI or of OAuth, or plain text. Empty when it says nothing,
 * or is a page.
 */
export function errorWords(body: string, contentType: string | null): string {
  try {
    return shortText(wordsOf(JSON.parse(body)));
  } catch {
    return contentType?.startsWith('text/plain') === true ? shortText(body) : '';
  }
}

function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) {
    return value.slice(0, MOST).map(wordsOf).filter(Boolean).join('; ');
  }
  if (!isObject(value)) return '';
  const { error, error_description: description, loc } = value;
  if (typeof error === 'string' && typeof description === 'string') return `${error}: ${description}`;
  const { message, msg, detail, errors, title } = value;
  const words = [error, message, msg, detail, errors, title].map(wordsOf).find(Boolean) ?? '';
  // FastAPI tells which field is wrong.
  return Array.isArray(loc) && words !== '' ? `${loc.join('.')}: ${words}` : words;
}
