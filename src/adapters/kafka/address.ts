import { isIP } from 'node:net';
import type { ConnectionOptions } from '@platformatic/kafka';
import { authorityOf, credentialsOf } from '../urls/url-parts.ts';

export interface KafkaAddress extends Pick<ConnectionOptions, 'tls' | 'sasl' | 'tlsServerName'> {
  bootstrapBrokers: string[];
}

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
const SCHEME = /^(kafkas?):\/\/(?:([^@]*)@)?([^/?]*)\/?(?:\?(.*))?$/;

/**
 * Reads `host:port,host:port`, or `kafka://user:password@host:port,host:port?mechanism=SCRAM-SHA-512`, with `kafkas://` for TLS and
 * `?ca=/etc/ssl/private-ca.pem` if no public authority signed the servers' certificates. A standard URL has only one host, so `URL`
 * cannot parse it.
 *
 * @throws {TypeError} naming what is wrong, without the password
 */
export function kafkaAddress(text: string): KafkaAddress {
  const [, scheme, credentials, hosts = text, query] = SCHEME.exec(text.trim()) ?? [];
  const address: KafkaAddress = { bootstrapBrokers: hosts.split(',').map((host) => withPort(host.trim())) };
  const search = new URLSearchParams(query);
  const authority = authorityOf(search);
  if (scheme === 'kafkas') {
    // TLS allows no IP address as the server name.
    const hasNames = !address.bootstrapBrokers.some((host) => isIP(host.replace(/:\d+$/, '')));
    Object.assign(address, { tls: authority, ...(hasNames && { tlsServerName: true }) });
  }
  if (credentials !== undefined)
    address.sasl = { mechanism: mechanismOf(search.get('mechanism')), ...credentialsOf(credentials) };
  return address;
}

/** A name or an IPv4 address, and perhaps a port. */
const HOST = /^[^\s:/?@]+(?::(\d+))?$/;
const DEFAULT_PORT = '9092';
const MAX_PORT = 65_535;

/** @throws {TypeError} without the text, which may hold a part of a password */
function withPort(text: string): string {
  const parts = HOST.exec(text);
  const port = Number(parts?.[1] ?? DEFAULT_PORT);
  if (!parts || port < 1 || port > MAX_PORT)
    throw new TypeError(
      `each server must be a host, or a host and a port from 1 to ${MAX_PORT}, such as 127.0.0.1:9092,kafka-2:9092`,
    );
  return parts[1] === undefined ? `${text}:${DEFAULT_PORT}` : text;
}

function mechanismOf(given: string | null): (typeof MECHANISMS)[number] {
  const mechanism = MECHANISMS.find((each) => each === (given ?? 'PLAIN').toUpperCase());
  if (!mechanism) throw new TypeError(`the mechanism must be one of ${MECHANISMS.join(', ')}`);
  return mechanism;
}
