import { credentialsOf } from '../urls/url-parts.ts';
import { z85Decode } from './z85.ts';

/** The address that a socket listens on, and the credentials that its clients need. */
export interface Endpoint {
  /** The address for ZeroMQ, without credentials and query. */
  address: string;
  /** PLAIN (rfc.zeromq.org/spec/24): not encrypted, so only for connections within one machine. */
  plain?: { username: string; password: string };
  /** CURVE (rfc.zeromq.org/spec/26): encrypted. Only clients with one of these public keys may connect. */
  curve?: { secretKey: string; clients: Buffer[] };
}

/**
 * Reads `tcp://host:port` or `ipc://path`, with `user:password@` before the host, or with `?curveSecretKey=…&curveClient=…` after the
 * port: keys in Z85, percent-encoded, and `curveClient` once for each client's public key.
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
    if (credentials !== undefined) throw new TypeError('it may have a password or CURVE keys, not both');
    const clients = search.getAll('curveClient').map(z85Decode);
    if (z85Decode(secretKey).length !== 32 || clients.some((key) => key.length !== 32))
      throw new TypeError('a CURVE key must have 40 characters');
    if (clients.length === 0)
      throw new TypeError('CURVE needs the public key of each client: add curveClient');
    return { address, curve: { secretKey, clients } };
  }
  if (credentials === undefined) return { address };
  return { address, plain: credentialsOf(credentials) };
}
