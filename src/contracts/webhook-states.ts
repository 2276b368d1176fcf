/** `removed` is final; the same URL can be registered again, as a new endpoint. */
export const WEBHOOK_ENDPOINT_STATES = ['enabled', 'disabled', 'removed'] as const;
export type WebhookEndpointState = (typeof WEBHOOK_ENDPOINT_STATES)[number];

export const WEBHOOK_DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
export type WebhookDeliveryState = (typeof WEBHOOK_DELIVERY_STATES)[number];
