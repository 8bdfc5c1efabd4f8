import { OutboundError } from './outbound-error';

/**
 * A URL that may be called, as far as its text tells: http or https, a host, no user information. The parser
 * of the URL standard turns decimal, octal and hexadecimal hosts into plain addresses.
 * @throws OutboundError `refused`
 */
export function parseOutboundUrl(text: string | URL, base?: string | URL): URL {
  const written = String(text);
  const from = base === undefined ? undefined : String(base);
  if (!URL.canParse(written, from)) throw new OutboundError('refused', 'the URL is not valid');
  const url = new URL(written, from);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new OutboundError('refused', `the URL scheme ${url.protocol} is not supported: use https or http`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new OutboundError(
      'refused',
      `the URL of ${url.host} contains a user name or password: give credentials by reference instead`,
    );
  }
  return url;
}

/** The URL as errors and logs show it: no query, no fragment, no user information. */
export function shownUrl(text: string | URL): string {
  const written = String(text);
  if (!URL.canParse(written)) return written.replace(/[?#].*$/s, '').slice(0, 200);
  const { origin, protocol, host, pathname } = new URL(written);
  return `${origin === 'null' ? `${protocol}//${host}` : origin}${pathname}`.slice(0, 300);
}
