import assert from 'node:assert/strict';
import Stripe from 'stripe';

/** A message as the sandbox's mail server received it, doubles included. */
export interface ReceivedMail {
  messageId: string;
  orderId: string;
  to: string[];
  subject: string;
  text: string;
}

/** The provider's own books, asked behind the shop's back: through Stripe's official client, and the sandbox's control endpoints. */
export interface SandboxClient {
  stripe: Stripe;
  /** Every PaymentIntent of the order, newest first. */
  intentsOf(orderId: string): Promise<Stripe.PaymentIntent[]>;
  /** Those of them by which money moved. */
  chargesOf(orderId: string): Promise<Stripe.PaymentIntent[]>;
  /** Every mail of the order, oldest first. */
  mailsOf(orderId: string): Promise<ReceivedMail[]>;
  /** A control call; insists on a 2xx. */
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
