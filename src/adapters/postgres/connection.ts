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
