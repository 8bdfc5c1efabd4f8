import { isIP } from 'node:net';

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether a request may name this host: an address, localhost, or one of the names.
 * @param header of the request
 * @param names undefined when any is served
 */
export function isServedHost(header: string | undefined, names: readonly string[] | undefined): boolean {
  if (names === undefined || header === undefined) return true;
  if (!URL.canParse(`http://${header}`)) return false;
  const name = new URL(`http://${header}`).hostname.replace(/\.$/, '');
  const isAddress = isIP(name.replace(/^\[|\]$/g, '')) !== 0;
  return isAddress || name === 'localhost' || name.endsWith('.localhost') || names.includes(name);
}
