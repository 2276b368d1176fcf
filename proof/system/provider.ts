import { setTimeout as delay } from 'node:timers/promises';
import Stripe from 'stripe';

/** What the provider has recorded for one order. Minor units. */
export interface ProviderRecords {
  /** PaymentIntents by which money moved. */
  succeeded: number;
  /** Captured and not refunded. */
  kept: number;
}

/** The provider, asked directly and not through the shop. */
export interface Provider {
  /** A control call. It is repeated while the sandbox is down. */
  control(path: string, body?: object): Promise<void>;
  /** The records of every order since a time (Unix seconds). */
  records(since?: number): Promise<Map<string, ProviderRecords>>;
  /** The newest refund of the payment. */
  refundOf(paymentIntentId: string): Promise<string>;
  /** The Message-IDs of the mails that were received for the order, duplicates included. */
  mails(orderId: string): Promise<string[]>;
}

const PAUSE_MS = 200;
const GIVE_UP_AFTER_MS = 60_000;

export function createProvider(url: string): Provider {
  const { hostname, port } = new URL(url);
  const stripe = new Stripe('sk_test_proof', {
    host: hostname,
    port: Number(port),
    protocol: 'http',
    maxNetworkRetries: 5,
  });
  return {
    async control(path, body = {}) {
      const deadline = performance.now() + GIVE_UP_AFTER_MS;
      for (;;) {
        const answer = await post(`${url}/sandbox${path}`, body);
        if (answer === 'ok') return;
        if (performance.now() > deadline) throw new Error(`${path}: ${answer}`);
        await delay(PAUSE_MS);
      }
    },
    async records(since = 0) {
      const records = new Map<string, ProviderRecords>();
      const page = stripe.paymentIntents.list({
        limit: 100,
        created: { gte: since },
        expand: ['data.latest_charge'],
      });
      for await (const { metadata, amount_received, latest_charge } of page) {
        const orderId = metadata['order_id'] ?? 'unknown';
        const known = records.get(orderId) ?? { succeeded: 0, kept: 0 };
        const refunded = typeof latest_charge === 'object' ? (latest_charge?.amount_refunded ?? 0) : 0;
        records.set(orderId, {
          succeeded: known.succeeded + (amount_received > 0 ? 1 : 0),
          kept: known.kept + amount_received - refunded,
        });
      }
      return records;
    },
    async refundOf(paymentIntentId) {
      const { data } = await stripe.refunds.list({ payment_intent: paymentIntentId, limit: 1 });
      const [refund] = data;
      if (!refund) throw new Error(`${paymentIntentId} has no refund`);
      return refund.id;
    },
    async mails(orderId) {
      const response = await fetch(`${url}/sandbox/mails?orderId=${orderId}&bodies=false`);
      const { data } = (await response.json()) as { data: { messageId: string }[] };
      return data.map(({ messageId }) => messageId);
    },
  };
}

/** Returns `ok`, or what went wrong. @throws for a 4xx, which is a mistake of the caller */
async function post(url: string, body: object): Promise<string> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (response.ok) return 'ok';
    if (response.status >= 400 && response.status < 500)
      throw new Error(`${url}: ${response.status} ${text}`);
    return `${response.status} ${text}`;
  } catch (error) {
    if (error instanceof TypeError) return error.cause instanceof Error ? error.cause.message : error.message;
    throw error;
  }
}
