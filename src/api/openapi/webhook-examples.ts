import type {
  NewWebhookEndpointView,
  RecoverRequest,
  RecoverResult,
  WebhookDeliverySummary,
  WebhookDeliveryView,
  WebhookEndpointChange,
  WebhookEndpointRequest,
  WebhookEndpointView,
  WebhookSecretView,
} from '../../contracts/http/webhooks.ts';
import { ORDER_ID } from './order-examples.ts';

const PAID = 'com.durable-checkout.order.paid.v1';
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

const endpoint: WebhookEndpointView = {
  endpointId: 'we_b529cbec35015554b5074a8f',
  url: 'https://warehouse.example.com/orders',
  events: [PAID],
  description: 'The warehouse',
  contact: 'warehouse@example.com',
  state: 'enabled',
  stateSince: '2026-11-27T18:40:00.000Z',
  createdAt: '2026-11-27T18:40:00.000Z',
  updatedAt: '2026-11-27T18:40:00.000Z',
};

const delivery: WebhookDeliverySummary = {
  deliveryId: `${endpoint.endpointId}.${ORDER_ID}.3`,
  endpointId: endpoint.endpointId,
  eventId: `${ORDER_ID}/3`,
  orderId: ORDER_ID,
  type: PAID,
  state: 'delivered',
  attempts: 1,
  createdAt: '2026-11-27T18:51:02.990Z',
  settledAt: '2026-11-27T18:51:03.110Z',
};

const deliveryWithAttempts: WebhookDeliveryView = {
  ...delivery,
  body: JSON.stringify({
    specversion: '1.0',
    id: delivery.eventId,
    source: '/durable-checkout',
    type: PAID,
    subject: ORDER_ID,
    data: { status: 'paid', total: 2_400, currency: 'EUR' },
  }),
  tried: [
    {
      attempt: 1,
      startedAt: '2026-11-27T18:51:03.001Z',
      durationMs: 109,
      headers: { 'webhook-id': delivery.eventId, 'webhook-timestamp': '1795805463' },
      status: 204,
    },
  ],
};

export const WEBHOOK_EXAMPLES = {
  WebhookEndpointRequest: {
    url: endpoint.url,
    events: ['order.paid'],
    description: 'The warehouse',
    contact: 'warehouse@example.com',
  } satisfies WebhookEndpointRequest,
  WebhookEndpointChange: { state: 'disabled' } satisfies WebhookEndpointChange,
  WebhookEndpoint: endpoint,
  NewWebhookEndpoint: { ...endpoint, secret: SECRET } satisfies NewWebhookEndpointView,
  WebhookSecret: {
    secret: SECRET,
    previousExpiresAt: '2026-11-28T18:40:00.000Z',
  } satisfies WebhookSecretView,
  WebhookDeliverySummary: delivery,
  WebhookDelivery: deliveryWithAttempts,
  RecoverRequest: { since: '2026-11-27T00:00:00Z' } satisfies RecoverRequest,
  RecoverResult: { deliveries: 12, more: false } satisfies RecoverResult,
};
