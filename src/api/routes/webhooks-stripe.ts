import { Type } from 'typebox';
import { Problem } from '../../contracts/errors.ts';
import type { OrderService } from '../../orders/order-service.ts';
import { described, problems } from '../schemas.ts';
import { verifiedStripeEvent } from '../stripe-events.ts';
import type { Api } from '../types.ts';

export interface StripeWebhookParts {
  orders: OrderService;
  /** `whsec_…`; without it nothing is taken. */
  secret: string | undefined;
}

/** Events list what changed, and can be far larger than a request of a client. Bytes. */
const BODY_LIMIT = 1024 * 1024;

const Received = Type.Object({ received: Type.Boolean() }, { additionalProperties: false });

/**
 * Events of Stripe. Authenticated by their signature over the raw body, so this has a parser of its own. Answered 200 only
 * when the event has been dealt with: Stripe sends everything else again, for days.
 */
export async function stripeWebhookRoutes(app: Api, { orders, secret }: StripeWebhookParts): Promise<void> {
  await app.register((scope: Api, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
      (_request, body, parsed) => {
        parsed(null, body);
      },
    );

    scope.post(
      '/v1/webhooks/stripe',
      {
        config: { withoutKey: true, rateLimit: false },
        bodyLimit: BODY_LIMIT,
        schema: {
          summary: 'Events of Stripe',
          description: 'Signed by Stripe (`Stripe-Signature`), without an API key.',
          tags: ['webhooks'],
          security: [],
          response: {
            200: described(Received, 'Dealt with.'),
            ...problems('invalid_signature', 'body_too_large'),
          },
        },
      },
      async (request) => {
        if (secret === undefined) throw new Problem('unavailable', 'STRIPE_WEBHOOK_SECRET is not set.');
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const event = verifiedStripeEvent(body, single(request.headers['stripe-signature']), secret);
        await orders.applyStripeEvent(event);
        return { received: true };
      },
    );
    done();
  });
}

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(',') : header;
