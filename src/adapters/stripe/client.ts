import http from 'node:http';
import https from 'node:https';
import Stripe from 'stripe';

export interface StripeOptions {
  apiKey: string;
  /** For example `https://api.stripe.com`, or the sandbox. */
  apiBase: string;
  /** Milliseconds for one request. */
  timeoutMs: number;
}

/**
 * The official client. How often a request is repeated is Temporal's to decide, where an operator can see it. One
 * repeat it insists on: a connection that is reset is tried once more at once, with the same idempotency key.
 */
export function createStripeClient({ apiKey, apiBase, timeoutMs }: StripeOptions): Stripe {
  const { protocol, hostname, port } = new URL(apiBase);
  const plain = protocol === 'http:';
  const agent = { keepAlive: true, maxSockets: 256, scheduling: 'lifo' } as const;
  return new Stripe(apiKey, {
    protocol: plain ? 'http' : 'https',
    host: hostname,
    port: port === '' ? (plain ? 80 : 443) : Number(port),
    timeout: timeoutMs,
    maxNetworkRetries: 0,
    telemetry: false,
    httpAgent: plain ? new http.Agent(agent) : new https.Agent(agent),
  });
}
