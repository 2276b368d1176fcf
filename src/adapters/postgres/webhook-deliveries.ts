import type { Pool } from './pool.ts';
import { createWebhookDeliveryLog, type WebhookDeliveryLog } from './webhook-delivery-log.ts';
import { createWebhookDeliveryQueue, type WebhookDeliveryQueue } from './webhook-delivery-queue.ts';

export type {
  SendableDelivery,
  WebhookDelivery,
  WebhookDeliveryCursor,
  WebhookOutcome,
} from './webhook-delivery.ts';

export interface WebhookDeliveries extends WebhookDeliveryQueue, WebhookDeliveryLog {}

export const createWebhookDeliveries = (pool: Pool): WebhookDeliveries => ({
  ...createWebhookDeliveryQueue(pool),
  ...createWebhookDeliveryLog(pool),
});
