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

const withPort = (host: string): string => (/:\d+$/.test(host) ? host : `${host}:9092`);

function mechanismOf(given: string | null): (typeof MECHANISMS)[number] {
  const mechanism = MECHANISMS.find((each) => each === (given ?? 'PLAIN').toUpperCase());
  if (!mechanism) throw new TypeError(`the mechanism must be one of ${MECHANISMS.join(', ')}`);
  return mechanism;
}
