import http from 'node:http';
import https from 'node:https';
import Stripe from 'stripe';
import type { ObserveHttpCall } from '../../contracts/ports/tracing.ts';
import { ObservedHttpClient } from './observed-http-client.ts';

export interface StripeOptions {
  apiKey: string;
  /** For example `https://api.stripe.com`, or the sandbox. */
  apiBase: string;
  /** Timeout of one request in milliseconds. */
  timeoutMs: number;
  /** Hears of each request. */
  observe?: ObserveHttpCall | undefined;
}

/**
 * Creates Stripe's official client without its retries: Temporal retries, so that an operator sees the attempts. One retry of the client
 * cannot be turned off: after a connection reset it sends the request once more at once, with the same idempotency key.
 */
export function createStripeClient({ apiKey, apiBase, timeoutMs, observe }: StripeOptions): Stripe {
  const { protocol, hostname, port } = new URL(apiBase);
  const plain = protocol === 'http:';
  const agent = { keepAlive: true, maxSockets: 256, scheduling: 'lifo' } as const;
  const httpAgent = plain ? new http.Agent(agent) : new https.Agent(agent);
  const httpClient = observe && new ObservedHttpClient(Stripe.createNodeHttpClient(httpAgent), observe);
  return new Stripe(apiKey, {
    protocol: plain ? 'http' : 'https',
    host: hostname,
    port: port === '' ? (plain ? 80 : 443) : Number(port),
    timeout: timeoutMs,
    maxNetworkRetries: 0,
    telemetry: false,
    ...(httpClient ? { httpClient } : { httpAgent }),
  });
}
