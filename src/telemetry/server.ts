import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { originOf } from '../platform/config.ts';
import type { Logger } from '../platform/logging.ts';
import { portInUse } from '../platform/port-in-use.ts';

/** OpenTelemetry's default port of an exporter for Prometheus. */
export const DEFAULT_METRICS_PORT = 9464;
/** Processes without a port of their own take the first free one of so many, and then any. */
const DEFAULT_PORTS = 10;
/** How long a client may take to send its request. Milliseconds. */
const REQUEST_TIMEOUT_MS = 5_000;

export interface MetricsServerOptions {
  readonly host: string;
  /** Undefined: the first free port from {@link DEFAULT_METRICS_PORT}, so that several processes start on one machine. */
  readonly port: number | undefined;
  /** The answer, in the text format of Prometheus. */
  readonly render: () => Promise<{ text: string; contentType: string }>;
  readonly logger: Logger;
}

export interface MetricsServer {
  readonly url: string;
  /** Safe to call twice. */
  close(): void;
}

/** Serves `/metrics`. Rejects if a port was given and is taken. */
export async function startMetricsServer({
  host,
  port,
  render,
  logger,
}: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    // Not by URL, which throws for what it cannot read.
    if (request.url?.split('?', 1)[0] !== '/metrics') {
      response.writeHead(404).end('The metrics are at /metrics.\n');
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    render().then(
      ({ text, contentType }) => {
        response.writeHead(200, { 'content-type': contentType }).end(text);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'the metrics could not be written');
        response.writeHead(500).end();
      },
    );
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  await (port === undefined ? listenOnFirstFree(server, host) : listen(server, host, port));
  const address = server.address();
  const url = `${originOf(host, typeof address === 'object' && address ? address.port : (port ?? 0))}/metrics`;
  logger.info({ url }, `the metrics are at ${url}`);
  return {
    url,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function listenOnFirstFree(server: Server, host: string): Promise<void> {
  for (let port = DEFAULT_METRICS_PORT; port < DEFAULT_METRICS_PORT + DEFAULT_PORTS; port += 1)
    try {
      await listen(server, host, port);
      return;
    } catch (error) {
      if (portInUse(error) === undefined) throw error;
    }
  await listen(server, host, 0);
}

/** Rejects with the error of the server. */
async function listen(server: Server, host: string, port: number): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
}
