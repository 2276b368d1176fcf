import type { InjectOptions } from 'fastify';
import Stripe from 'stripe';
import { WEBHOOK_SECRET } from './app.ts';

export interface Intent {
  id: string;
  status: string;
  currency: string;
  amount_received: number;
  amount_capturable: number;
  metadata: Record<string, string>;
}

export const eventOf = (type: string, intent: Intent): string =>
  JSON.stringify({ id: `evt_${intent.id}`, object: 'event', type, data: { object: intent } });

/** The payment of an order of one mug, paid. */
export const intentOf = (orderId: string, changes: Partial<Intent> = {}): Intent => ({
  id: `pi_${orderId}`,
  status: 'succeeded',
  currency: 'eur',
  amount_received: 1_200,
  amount_capturable: 0,
  metadata: { order_id: orderId },
  ...changes,
});

/** The request that delivers an event. `signature` replaces the valid one. */
export function delivering(payload: string, signature?: string): InjectOptions {
  const signed = signature ?? Stripe.webhooks.generateTestHeaderString({ payload, secret: WEBHOOK_SECRET });
  return {
    method: 'POST',
    url: '/v1/webhooks/stripe',
    headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signed },
    payload,
  };
}
