import { credentialsOf } from '../urls/url-parts.ts';
import { z85Decode } from './z85.ts';

/** Where to listen, and who may talk there. */
export interface Endpoint {
  /** As ZeroMQ takes it: no credentials, no query. */
  address: string;
  /** PLAIN (RFC 24): readable on the way, so for a machine of one's own. */
  plain?: { username: string; password: string };
  /** CURVE (RFC 26): encrypted; only who has one of these keys may talk. */
  curve?: { secretKey: string; clients: Buffer[] };
}

/**
 * `tcp://host:port`, with `user:password@` before the host, or `?curveSecretKey=…&curveClient=…` behind the port: keys in Z85 as
 * ZeroMQ has them, percent-encoded; `curveClient` once for each client's public key.
 *
 * @throws {TypeError} naming what is wrong, without any key
 */
export function endpointOf(text: string): Endpoint {
  const [, scheme, credentials, rest = '', query] =
    /^(tcp|ipc):\/\/(?:([^@/?]*)@)?([^?]*)(?:\?(.*))?$/.exec(text) ?? [];
  if (scheme === undefined) throw new TypeError('it must begin with tcp:// or ipc://');
  const address = `${scheme}://${rest}`;
  const search = new URLSearchParams(query);
  const secretKey = search.get('curveSecretKey');
  if (secretKey !== null) {
    if (credentials !== undefined) throw new TypeError('it takes a password or CURVE keys, not both');
    const clients = search.getAll('curveClient').map(z85Decode);
    if (z85Decode(secretKey).length !== 32 || clients.some((key) => key.length !== 32))
      throw new TypeError('a CURVE key has 40 characters');
    if (clients.length === 0) throw new TypeError('CURVE needs the public key of each client: curveClient');
    return { address, curve: { secretKey, clients } };
  }
  if (credentials === undefined) return { address };
  return { address, plain: credentialsOf(credentials) };
}
