import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { OutboundError } from './outbound-error';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Cidr = [Address, number];

/** As `dns.lookup` with `all: true`. */
export type Lookup = (
  host: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Names that always are this machine's (RFC 6761, section 6.3), whatever a resolver knows of them. */
const LOCALHOST = /(^|\.)localhost\.?$/i;

/** The only IPv6 addresses that are routed on the internet. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Decides which addresses this program may connect to: those of the public internet, and those that
 * `OUTBOUND_ALLOW` opens. Everything else (loopback, private, link-local, shared, multicast, reserved, and
 * IPv6 ranges that stand for IPv4 ones) is refused, however it is spelled: names are resolved first, and what
 * is checked is what is connected to.
 */
export class AddressGuard {
  private readonly allowed: readonly Cidr[];
  private readonly resolve: Lookup;

  /** @param allow CIDRs or single addresses, as {@link parseAllowList} gives them */
  constructor(allow: readonly string[] = [], options: { lookup?: Lookup } = {}) {
    this.allowed = allow.map(parseCidr);
    this.resolve = options.lookup ?? systemLookup;
  }

  /** @throws OutboundError `refused`, when the text is no address or one that must not be called */
  check(address: string, host = address): void {
    if (!ipaddr.isValid(address) || isIP(address) === 0) {
      throw new OutboundError('refused', `${host} does not resolve to an IP address`);
    }
    // Parsed as it is, not as what it maps to: an allow list may name the IPv6 form.
    const written = ipaddr.parse(address);
    const parsed = ipaddr.process(address);
    if (this.isAllowed(written) || this.isAllowed(parsed)) return;
    const kind = refusal(parsed);
    if (kind === undefined) return;
    // Callers read the message, too, and must not learn what private names resolve to.
    const where = host === address ? `${address} is` : `${host} resolves to`;
    throw new OutboundError(
      'refused',
      `${where} a ${kind} address, which OUTBOUND_ALLOW does not include; no connection was made`,
    );
  }

  /**
   * Every address of a host.
   * @throws OutboundError `refused` when one of them must not be called; `network` when there is none
   */
  async addresses(host: string): Promise<LookupAddress[]> {
    const literal = host.startsWith('[') ? host.slice(1, -1) : host;
    const family = isIP(literal);
    const found = family === 0 ? await this.lookUp(host) : [{ address: literal, family }];
    if (found.length === 0) throw new OutboundError('network', `${host} resolves to no address`);
    // One bad address is enough: a name that answers with both is a trap, or will be one.
    for (const { address } of found) this.check(address, host);
    return found;
  }

  /** `lookup` of a socket: resolves, checks, and gives the socket the addresses that were checked. */
  readonly socketLookup = (
    host: string,
    options: LookupOptions,
    callback: (error: Error | null, address: string | LookupAddress[], family?: number) => void,
  ): void => {
    this.addresses(host).then(
      (found) => {
        const fitting = options.family ? found.filter(({ family }) => family === options.family) : found;
        const first = fitting[0] ?? found[0];
        if (options.all === true) callback(null, found);
        else callback(null, first?.address ?? '', first?.family);
      },
      (error: Error) => callback(error, []),
    );
  };

  private lookUp(host: string): Promise<LookupAddress[]> {
    return new Promise((resolve, reject) => {
      this.resolve(host, { all: true, order: 'verbatim' }, (error, addresses) => {
        if (error === null) resolve(addresses);
        else if (LOCALHOST.test(host)) resolve([{ address: '127.0.0.1', family: 4 }]);
        else reject(new OutboundError('network', `${host} does not resolve (${error.code ?? 'error'})`));
      });
    });
  }

  private isAllowed(address: Address): boolean {
    return this.allowed.some(([range, bits]) => {
      return range.kind() === address.kind() && address.match([range, bits] as never);
    });
  }
}

/** What is wrong with an address; undefined for one of the public internet. */
function refusal(address: Address): string | undefined {
  const range = address.range();
  if (range !== 'unicast') return range.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  if (address.kind() === 'ipv6' && !address.match(GLOBAL_IPV6 as never)) return 'non-global';
  return undefined;
}

/**
 * Reads `OUTBOUND_ALLOW`: CIDRs or addresses separated by commas.
 * @throws TypeError that names what is neither
 */
export function parseAllowList(text: string): string[] {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  for (const entry of entries) parseCidr(entry);
  return entries;
}

function parseCidr(entry: string): Cidr {
  const [address = '', bits, ...rest] = entry.split('/');
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  const size = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  if (family === 0 || rest.length > 0 || size < 0 || size > most) {
    throw new TypeError(`${JSON.stringify(entry)} is neither an address nor a CIDR such as "10.0.0.0/8"`);
  }
  return [ipaddr.parse(address), size];
}
