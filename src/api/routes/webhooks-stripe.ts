import { Type } from 'typebox';
import { Problem } from '../../contracts/errors.ts';
import type { OrderService } from '../../orders/order-service.ts';
import { described, problemsWithoutKey } from '../lib/schemas.ts';
import { verifiedStripeEvent } from '../lib/stripe-events.ts';
import { rawBodyOf, SIGNED_EVENT_ROUTE, singleHeader, withRawBody } from '../lib/signed-events.ts';
import type { Api } from '../lib/types.ts';

export interface StripeWebhookParts {
  orders: OrderService;
  /** The signing secret, `whsec_…`. Undefined: every event is answered 503. */
  secret: string | undefined;
}

const Received = Type.Object(
  { received: Type.Boolean() },
  { additionalProperties: false, title: 'StripeEventReceipt' },
);

/** For OpenAPI only: Stripe defines its events, and the body is authenticated as bytes before it is read. */
const StripeEvent = Type.Unsafe<unknown>(
  Type.Object(
    {},
    { additionalProperties: true, title: 'StripeEvent', description: "Stripe's event object." },
  ),
);
const StripeHeaders = Type.Object({
  'Stripe-Signature': Type.String({ description: "Stripe's signature of the body, with its time." }),
});

/**
 * Events of Stripe. They are authenticated by a signature over the raw body, so that these routes have a parser of their own.
 * An event is answered 200 only when it has been dealt with or is about no order of ours; Stripe sends every other event again, for days.
 */
export async function stripeWebhookRoutes(app: Api, { orders, secret }: StripeWebhookParts): Promise<void> {
  await withRawBody(app, (scope) => {
    scope.post(
      '/v1/webhooks/stripe',
      {
        ...SIGNED_EVENT_ROUTE,
        schema: {
          operationId: 'receiveStripeEvent',
          summary: 'Receive an event of Stripe',
          description: 'Authenticated by the header `Stripe-Signature`, without an API key.',
          tags: ['stripe'],
          security: [],
          headers: StripeHeaders,
          body: StripeEvent,
          response: {
            200: described(Received, 'The event was dealt with.'),
            ...problemsWithoutKey('invalid_signature', 'body_too_large'),
          },
        },
      },
      async (request) => {
        if (secret === undefined)
          throw new Problem('unavailable', 'Events cannot be verified: set STRIPE_WEBHOOK_SECRET.');
        const event = verifiedStripeEvent(
          rawBodyOf(request),
          singleHeader(request.headers['stripe-signature']),
          secret,
        );
        await orders.applyStripeEvent(event);
        return { received: true };
      },
    );
  });
}
