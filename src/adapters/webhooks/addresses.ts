import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import ipaddr from 'ipaddr.js';

/** The address of a webhook endpoint that requests are not sent to. */
export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress';
}

/** The prefix of IPv6 addresses that stand for an IPv4 address, for which the same rules apply. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/**
 * The only IPv6 addresses that are public are in this block. Outside of it are, among others, the IPv4-compatible addresses (`::127.0.0.1`)
 * and the translation prefix for local use (`64:ff9b:1::/48`), which some systems connect to a private IPv4 address.
 * @see https://www.iana.org/assignments/ipv6-address-space
 */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** Documentation. @see https://www.rfc-editor.org/rfc/rfc9637 */
const DOCUMENTATION = ipaddr.IPv6.parseCIDR('3fff::/20');

/**
 * Whether the address is on the public internet: not loopback, private, link-local (where clouds serve their metadata), shared,
 * multicast, reserved, or a tunnel to such an address.
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 */
export function isPublicAddress(address: string): boolean {
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) return parsed.range() === 'unicast';
  if (parsed.match(NAT64)) return isPublicAddress(embeddedAddress(parsed));
  if (!parsed.match(GLOBAL_UNICAST) || parsed.match(DOCUMENTATION) || parsed.range() !== 'unicast')
    return false;
  return !isIsatap(parsed) || isPublicAddress(embeddedAddress(parsed));
}

/** The IPv4 address in the last four bytes. */
const embeddedAddress = (address: ipaddr.IPv6): string =>
  ipaddr.fromByteArray(address.toByteArray().slice(12)).toString();

/** An address whose last bytes are the IPv4 address that it is tunnelled to, under any prefix. @see https://www.rfc-editor.org/rfc/rfc5214 */
const isIsatap = (address: ipaddr.IPv6): boolean =>
  /^0[02]005efe$/.test(Buffer.from(address.toByteArray().slice(8, 12)).toString('hex'));

/** Returns the host of a URL if it is an IP address. */
export function literalAddress({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(bare) ? bare : undefined;
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/**
 * Resolves a name as `dns.lookup` does, and refuses it if one of its addresses is not public. As the `lookup` of the connection it makes
 * sure that the checked address is the one that is connected to, also if the name resolves to another address meanwhile.
 */
export function publicLookup(hostname: string, options: LookupOptions, callback: LookupCallback): void {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) {
      callback(error, []);
      return;
    }
    const [first] = addresses;
    if (!first || addresses.some(({ address }) => !isPublicAddress(address))) {
      callback(new ForbiddenAddress('the name resolves to an address that is not public'), []);
      return;
    }
    if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
}
