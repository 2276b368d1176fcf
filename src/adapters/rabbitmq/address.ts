import { credentials, type SocketOptions } from 'amqplib';
import { authorityOf, credentialsOf } from '../urls/url-parts.ts';

export interface RabbitMqAddress {
  /** As amqplib takes it. */
  url: string;
  options: Pick<SocketOptions, 'ca' | 'credentials'>;
}

/** Seconds; RabbitMQ's own default is a minute, and a connection that is dead may look alive for two of them. */
const HEARTBEAT_S = '10';

/**
 * `amqp://user:password@host:5672/vhost`, or `amqps://` for TLS, with `?ca=/etc/ssl/private-ca.pem` where the server's certificate is
 * signed by no public authority. The client's own parameters, such as `heartbeat`, are its own.
 *
 * @throws {TypeError} naming what is wrong, without the password
 */
export function rabbitMqAddress(text: string): RabbitMqAddress {
  if (!URL.canParse(text)) throw new TypeError('it is no URL');
  const url = new URL(text);
  const { username, password, searchParams } = url;
  const ca = authorityOf(searchParams);
  searchParams.delete('ca');
  if (!searchParams.has('heartbeat')) searchParams.set('heartbeat', HEARTBEAT_S);
  if (username === '') return { url: url.href, options: ca };
  // The client would read what is encoded as UTF-8 as Latin-1.
  const known = credentialsOf(`${username}:${password}`);
  return {
    url: url.href,
    options: { ...ca, credentials: credentials.plain(known.username, known.password) },
  };
}
