import { Type } from 'typebox';
import { Problem } from '../../contracts/errors.ts';
import type { FulfilmentService } from '../../fulfilment/fulfilment-service.ts';
import { verifiedEasyPostEvent } from '../lib/easypost-events.ts';
import { described, problemsWithoutKey } from '../lib/schemas.ts';
import { rawBodyOf, SIGNED_EVENT_ROUTE, singleHeader, withRawBody } from '../lib/signed-events.ts';
import type { Api } from '../lib/types.ts';

export interface EasyPostWebhookParts {
  fulfilment: FulfilmentService;
  /** The secret of the webhook. Undefined: every event is answered 503. */
  secret: string | undefined;
}

const Received = Type.Object(
  { received: Type.Boolean() },
  { additionalProperties: false, title: 'EasyPostEventReceipt' },
);

/** For OpenAPI only: EasyPost defines its events, and the body is authenticated as bytes before it is read. */
const EasyPostEvent = Type.Unsafe<unknown>(
  Type.Object(
    {},
    { additionalProperties: true, title: 'EasyPostEvent', description: "EasyPost's event object." },
  ),
);
const EasyPostHeaders = Type.Object({
  'X-Hmac-Signature': Type.String({ description: "EasyPost's signature of the body." }),
});

/**
 * Events of EasyPost, authenticated by a signature over the raw body. An event is a hint: the carrier is asked for the tracker that
 * it is about, so that events that are repeated, late or replayed do no harm. An event is answered 200 when its order is durably told to
 * ask, or when it is about no parcel of ours; EasyPost sends every other event again.
 */
export async function easypostWebhookRoutes(
  app: Api,
  { fulfilment, secret }: EasyPostWebhookParts,
): Promise<void> {
  await withRawBody(app, (scope) => {
    scope.post(
      '/v1/webhooks/easypost',
      {
        ...SIGNED_EVENT_ROUTE,
        schema: {
          operationId: 'receiveEasypostEvent',
          summary: 'Receive an event of EasyPost',
          description: 'Authenticated by the header `X-Hmac-Signature`, without an API key.',
          tags: ['easypost'],
          security: [],
          headers: EasyPostHeaders,
          body: EasyPostEvent,
          response: {
            200: described(Received, 'The event was dealt with.'),
            ...problemsWithoutKey('invalid_signature', 'body_too_large'),
          },
        },
      },
      async (request) => {
        if (secret === undefined)
          throw new Problem('unavailable', 'Events cannot be verified: set EASYPOST_WEBHOOK_SECRET.');
        const { trackerId } = verifiedEasyPostEvent(
          rawBodyOf(request),
          singleHeader(request.headers['x-hmac-signature']),
          secret,
        );
        if (trackerId !== undefined) await fulfilment.trackerChanged({ trackerId });
        return { received: true };
      },
    );
  });
}
