import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { disputeOf, orderIdOfStripeEvent } from '../../../../src/orders/stripe-event.ts';
import { namesIn } from '../text/names-in.ts';

/** The types of Stripe's events that the product acts on, of all that a webhook endpoint of Stripe can subscribe to. */
export function handledStripeEvents(): string[] {
  const metadata = { order_id: 'ord_any' };
  const objects = [
    { id: 'pi_any', status: 'succeeded', metadata },
    { id: 're_any', status: 'failed', payment_intent: 'pi_any', metadata },
  ];
  return stripeEventTypes().filter((type) =>
    objects.some((object) => {
      const event = { type, data: { object } };
      return orderIdOfStripeEvent(event) !== undefined || disputeOf(event) !== undefined;
    }),
  );
}

/** All types of Stripe's events, from the declarations of its client, where they are a type and no value. */
export function stripeEventTypes(): string[] {
  const folder = dirname(createRequire(import.meta.url).resolve('stripe'));
  const text = readFileSync(join(folder, 'resources/WebhookEndpoints.d.ts'), 'utf8');
  const [, union = ''] = /type EnabledEvent = ([^;]+);/.exec(text) ?? [];
  return namesIn(union, /'([a-z_.]+)'/g);
}
