import assert from 'node:assert/strict';
import Stripe from 'stripe';

/** A mail that the sandbox's mail server has received. A mail that was sent twice is there twice. */
export interface ReceivedMail {
  messageId: string;
  orderId: string;
  to: string[];
  subject: string;
  text: string;
  html: string | null;
  envelope: { to: string[] };
  /** By lower-case name. */
  headers: Readonly<Record<string, string | undefined>>;
}

/** The provider's own records, read through Stripe's official client and the sandbox's control endpoints, and not through the shop. */
export interface SandboxClient {
  stripe: Stripe;
  /** Every PaymentIntent of the order, newest first. */
  intentsOf(orderId: string): Promise<Stripe.PaymentIntent[]>;
  /** The PaymentIntents of the order by which money moved. */
  chargesOf(orderId: string): Promise<Stripe.PaymentIntent[]>;
  /** Every mail of the order, oldest first. */
  mailsOf(orderId: string): Promise<ReceivedMail[]>;
  /** A control call. @throws for any status but 2xx */
  post(path: string, body?: object): Promise<unknown>;
}

export function sandboxClient(url: string): SandboxClient {
  const { hostname, port } = new URL(url);
  const stripe = new Stripe('sk_test_audit', {
    host: hostname,
    port: Number(port),
    protocol: 'http',
    maxNetworkRetries: 2,
  });
  const intentsOf = async (orderId: string): Promise<Stripe.PaymentIntent[]> => {
    const query = `metadata['order_id']:'${orderId}'`;
    return (await stripe.paymentIntents.search({ query, limit: 100 })).data;
  };
  return {
    stripe,
    intentsOf,
    chargesOf: async (orderId) =>
      (await intentsOf(orderId)).filter(({ amount_received }) => amount_received > 0),

    async mailsOf(orderId) {
      const response = await fetch(`${url}/sandbox/mails?orderId=${orderId}`);
      assert(response.ok, `the mails of an order: ${response.status}`);
      return ((await response.json()) as { data: ReceivedMail[] }).data;
    },

    async post(path, body = {}) {
      const response = await fetch(`${url}/sandbox${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      assert(response.ok, `${path}: ${response.status} ${text}`);
      return JSON.parse(text) as unknown;
    },
  };
}
