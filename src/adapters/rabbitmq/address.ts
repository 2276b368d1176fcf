import { credentials, type SocketOptions } from 'amqplib';
import { authorityOf, credentialsOf } from '../urls/url-parts.ts';

export interface RabbitMqAddress {
  /** As amqplib takes it. */
  url: string;
  options: Pick<SocketOptions, 'ca' | 'credentials'>;
}

/** Seconds. RabbitMQ's default is a minute, and it takes two missed heartbeats until a dead connection is noticed. */
const HEARTBEAT_S = '10';

/**
 * Reads `amqp://user:password@host:5672/vhost`, or `amqps://` for TLS, with `?ca=/etc/ssl/private-ca.pem` if no public authority signed
 * the server's certificate. The client's own parameters, such as `heartbeat`, are passed on to it.
 *
 * @throws {TypeError} naming what is wrong, without the password
 */
export function rabbitMqAddress(text: string): RabbitMqAddress {
  if (!URL.canParse(text)) throw new TypeError('it is not a URL');
  const url = new URL(text);
  const { username, password, searchParams } = url;
  const ca = authorityOf(searchParams);
  searchParams.delete('ca');
  if (!searchParams.has('heartbeat')) searchParams.set('heartbeat', HEARTBEAT_S);
  if (username === '') return { url: url.href, options: ca };
  // The credentials are decoded here because the client would decode UTF-8 as Latin-1.
  const decoded = credentialsOf(`${username}:${password}`);
  return {
    url: url.href,
    options: { ...ca, credentials: credentials.plain(decoded.username, decoded.password) },
  };
}
