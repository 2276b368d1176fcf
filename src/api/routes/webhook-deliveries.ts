import { Type } from 'typebox';
import { WebhookDeliverySummary, WebhookDeliveryView } from '../../contracts/http/webhooks.ts';
import type { WebhookService } from '../../webhooks/webhook-service.ts';
import { described, problems } from '../schemas.ts';
import type { Api } from '../types.ts';
import { toDeliverySummary, toDeliveryView } from '../webhook-views.ts';

const DeliveryPath = Type.Object(
  { deliveryId: Type.String({ pattern: '^[\\x21-\\x7e]{1,200}$' }) },
  { additionalProperties: false },
);

/** What was sent by webhook, what was answered, and once more by hand. */
export function webhookDeliveryRoutes(app: Api, desk: WebhookService): void {
  app.get(
    '/v1/webhook-deliveries/:deliveryId',
    {
      config: { scope: 'webhooks:read' },
      schema: {
        summary: 'One delivery, with what was sent and answered',
        tags: ['operation'],
        params: DeliveryPath,
        response: {
          200: described(WebhookDeliveryView, 'The delivery as it is now.'),
          ...problems('webhook_delivery_not_found'),
        },
      },
    },
    async ({ params: { deliveryId } }) => {
      const { delivery, attempts } = await desk.delivery(deliveryId);
      return toDeliveryView(delivery, attempts);
    },
  );

  app.post(
    '/v1/webhook-deliveries/:deliveryId/redeliver',
    {
      config: { scope: 'webhooks:write' },
      schema: {
        summary: 'Send an event once more',
        description:
          'With the same `webhook-id`, by which the receiver knows it. One that is on its way stays so.',
        tags: ['operation'],
        params: DeliveryPath,
        response: {
          202: described(WebhookDeliverySummary, 'It is on its way.'),
          ...problems('webhook_delivery_not_found', 'webhook_endpoint_not_enabled'),
        },
      },
    },
    async ({ params: { deliveryId } }, reply) =>
      reply.code(202).send(toDeliverySummary(await desk.redeliver(deliveryId))),
  );
}
