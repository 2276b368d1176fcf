import { setTimeout as delay } from 'node:timers/promises';
import Stripe from 'stripe';

/** What the provider has recorded for one order. Minor units. */
export interface ProviderRecords {
  /** PaymentIntents by which money moved. */
  succeeded: number;
  /** Captured and not refunded. */
  kept: number;
}

/** A label that the carrier has sold. */
export interface CarrierLabel {
  readonly carrierShipmentId: string;
  /** The id of our shipment or return. */
  readonly reference: string;
  readonly trackingCode: string;
  /** Its money was given back, or will be. */
  readonly isRefunded: boolean;
}

/** The sandbox with the payment provider, the carrier and the mail server, asked directly and not through the shop. */
export interface Provider {
  /** A control call. It is repeated while the sandbox is down. */
  control(path: string, body?: object): Promise<void>;
  /** The records of every order since a time (Unix seconds). */
  records(since?: number): Promise<Map<string, ProviderRecords>>;
  /** The labels of shipments since a time (Unix seconds). */
  labels(since?: number): Promise<CarrierLabel[]>;
  /** What somebody does in the dashboard. */
  readonly stripe: Stripe;
  /** Somebody captures the whole payment in the dashboard. */
  capture(paymentIntentId: string): Promise<void>;
  /** Somebody refunds the whole payment in the dashboard. */
  refund(paymentIntentId: string): Promise<void>;
  /** The newest refund of the payment. */
  refundOf(paymentIntentId: string): Promise<string>;
  /** The Message-IDs of the mails that were received for the order, duplicates included. */
  mails(orderId: string): Promise<string[]>;
}

interface LabelPage {
  readonly shipments: readonly {
    readonly id: string;
    readonly reference: string;
    readonly tracking_code: string;
    readonly refund_status: string | null;
  }[];
  readonly has_more: boolean;
}

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
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
    stripe,
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
    async labels(since = 0) {
      const labels: CarrierLabel[] = [];
      const range = {
        start_datetime: new Date(since * SECOND_MS).toISOString(),
        end_datetime: new Date(Date.now() + DAY_MS).toISOString(),
      };
      let before: Record<string, string> = {};
      for (;;) {
        const query = new URLSearchParams({ purchased: 'true', page_size: '100', ...range, ...before });
        const response = await fetch(`${url}/v2/shipments?${query.toString()}`, {
          headers: { authorization: 'Bearer EZTKproof' },
        });
        if (!response.ok) throw new Error(`the carrier answers ${response.status}: ${await response.text()}`);
        const { shipments, has_more } = (await response.json()) as LabelPage;
        labels.push(
          ...shipments.map(({ id, reference, tracking_code, refund_status }) => ({
            carrierShipmentId: id,
            reference,
            trackingCode: tracking_code,
            isRefunded: refund_status !== null && refund_status !== 'rejected',
          })),
        );
        const last = shipments.at(-1)?.id;
        if (!has_more || last === undefined) return labels;
        before = { before_id: last };
      }
    },
    async capture(paymentIntentId) {
      await stripe.paymentIntents.capture(paymentIntentId);
    },
    async refund(paymentIntentId) {
      await stripe.refunds.create({ payment_intent: paymentIntentId });
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
