import type { Client } from 'pg';

/**
 * How every connection to PostgreSQL notices that the other side is lost. Either side asks after 10 s of silence. The server must not wait
 * for the hours that are the default of the operating system: it holds the locks of a connection, such as the lease of a destination,
 * until it knows that the client is lost. Data that is sent and not confirmed ends the connection after 25 s.
 */
export const CONNECTION_OPTIONS = {
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
  options: [
    '-c tcp_keepalives_idle=10',
    '-c tcp_keepalives_interval=5',
    '-c tcp_keepalives_count=3',
    '-c tcp_user_timeout=25000',
  ].join(' '),
} as const;

/**
 * For connections of their own. A statement that hangs ends, and so does the attempt to connect: then the connection is opened anew. A
 * relay that starts with many events may need a while. Milliseconds.
 */
export const SESSION_TIMEOUTS = {
  connectionTimeoutMillis: 10_000,
  statement_timeout: 60_000,
  query_timeout: 65_000,
  lock_timeout: 30_000,
  idle_in_transaction_session_timeout: 60_000,
} as const;

const END_TIMEOUT_MS = 2_000;

/** Ends a connection, also if the other side does not answer any more. Never rejects. */
export async function endConnection(client: Client): Promise<void> {
  const timer = setTimeout(() => {
    client.connection.stream.destroy();
  }, END_TIMEOUT_MS);
  await client.end().catch(() => undefined);
  clearTimeout(timer);
}
