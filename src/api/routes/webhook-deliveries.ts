import { Type } from 'typebox';
import {
  WebhookDeliveryStateSchema,
  WebhookDeliverySummary,
  WebhookDeliveryView,
} from '../../contracts/http/webhooks.ts';
import type { WebhookService } from '../../webhooks/webhook-service.ts';
import { encodeCursor } from '../lib/cursor.ts';
import { toPage } from '../lib/pages.ts';
import { Cursor, DEFAULT_LIMIT, described, PageLimit, pageOf, problems } from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';
import { EndpointPath, positionOf } from '../lib/webhook-lists.ts';
import { toDeliverySummary, toDeliveryView } from '../lib/webhook-views.ts';

const DeliveryPath = Type.Object(
  { deliveryId: Type.String({ pattern: '^[\\x21-\\x7e]{1,200}$', description: 'The id of the delivery.' }) },
  { additionalProperties: false },
);
const ListQuery = Type.Object(
  {
    state: Type.Optional({ ...WebhookDeliveryStateSchema, description: 'Default: all states.' }),
    limit: PageLimit,
    cursor: Cursor,
  },
  { additionalProperties: false },
);

/** Deliveries to webhook endpoints: what was sent, and what the receiver answered. */
export function webhookDeliveryRoutes(app: Api, webhooks: WebhookService): void {
  app.get(
    '/v1/webhook-endpoints/:endpointId/deliveries',
    {
      config: { scope: 'webhooks:read' },
      schema: {
        operationId: 'listWebhookDeliveries',
        summary: 'List deliveries to a webhook endpoint, newest first',
        tags: ['webhooks'],
        params: EndpointPath,
        querystring: ListQuery,
        response: {
          200: described(pageOf('WebhookDeliveryList', WebhookDeliverySummary), 'One page.'),
          ...problems('webhook_endpoint_not_found'),
        },
      },
    },
    async ({ params: { endpointId }, query: { state, limit = DEFAULT_LIMIT, cursor } }) => {
      await webhooks.find(endpointId);
      const [createdAt = '', deliveryId = ''] = positionOf(cursor);
      const found = await webhooks.deliveries(
        endpointId,
        state,
        limit + 1,
        cursor === undefined ? undefined : { createdAt, deliveryId },
      );
      return toPage(found, limit, toDeliverySummary, (last) => encodeCursor(last.place, last.deliveryId));
    },
  );

  app.get(
    '/v1/webhook-deliveries/:deliveryId',
    {
      config: { scope: 'webhooks:read' },
      schema: {
        operationId: 'getWebhookDelivery',
        summary: 'Retrieve a delivery with its attempts',
        tags: ['webhooks'],
        params: DeliveryPath,
        response: {
          200: described(WebhookDeliveryView, 'The delivery.'),
          ...problems('webhook_delivery_not_found'),
        },
      },
    },
    async ({ params: { deliveryId } }) => {
      const { delivery, attempts } = await webhooks.delivery(deliveryId);
      return toDeliveryView(delivery, attempts);
    },
  );

  app.post(
    '/v1/webhook-deliveries/:deliveryId/redeliver',
    {
      config: {
        scope: 'webhooks:write',
        logs: { action: 'webhook_redelivered', object: 'webhook_delivery' },
      },
      schema: {
        operationId: 'redeliverWebhook',
        summary: 'Send an event again',
        description:
          'The event has the same `webhook-id`, by which the receiver recognises it. A delivery that is being sent already is not sent twice.',
        tags: ['webhooks'],
        params: DeliveryPath,
        response: {
          202: described(WebhookDeliverySummary, 'The event is being sent.'),
          ...problems('webhook_delivery_not_found', 'webhook_endpoint_not_enabled'),
        },
      },
    },
    async ({ params: { deliveryId } }, reply) =>
      reply.code(202).send(toDeliverySummary(await webhooks.redeliver(deliveryId))),
  );
}
