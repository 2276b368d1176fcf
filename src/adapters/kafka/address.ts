import type { ConnectionOptions } from '@platformatic/kafka';

export interface KafkaAddress extends Pick<ConnectionOptions, 'tls' | 'sasl' | 'tlsServerName'> {
  bootstrapBrokers: string[];
}

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
const SCHEME = /^(kafkas?):\/\/(?:([^@]*)@)?([^/?]*)\/?(?:\?(.*))?$/;

/**
 * `host:port,host:port`, or `kafka://user:password@host:port,host:port?mechanism=SCRAM-SHA-512`, with `kafkas://` for TLS. A URL
 * of the standard has one host, so this is read by hand.
 *
 * @throws {TypeError} naming what is wrong, without the password
 */
export function kafkaAddress(text: string): KafkaAddress {
  const [, scheme, credentials, hosts = text, query] = SCHEME.exec(text.trim()) ?? [];
  const address: KafkaAddress = { bootstrapBrokers: hosts.split(',').map((host) => withPort(host.trim())) };
  if (scheme === 'kafkas') Object.assign(address, { tls: {}, tlsServerName: true });
  if (credentials !== undefined) {
    const [username = '', password = ''] = credentials.split(':', 2).map(decodeURIComponent);
    address.sasl = {
      mechanism: mechanismOf(new URLSearchParams(query).get('mechanism')),
      username,
      password,
    };
  }
  return address;
}

const withPort = (host: string): string => (/:\d+$/.test(host) ? host : `${host}:9092`);

function mechanismOf(given: string | null): (typeof MECHANISMS)[number] {
  const mechanism = MECHANISMS.find((each) => each === (given ?? 'PLAIN').toUpperCase());
  if (!mechanism) throw new TypeError(`the mechanism must be one of ${MECHANISMS.join(', ')}`);
  return mechanism;
}
