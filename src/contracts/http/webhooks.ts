import { Type, type Static } from 'typebox';

const closed = { additionalProperties: false } as const;
const Timestamp = Type.String({ format: 'date-time' });

/** `removed`: for good; another one of the same URL is a new endpoint. */
export const WEBHOOK_ENDPOINT_STATES = ['enabled', 'disabled', 'removed'] as const;
export type WebhookEndpointState = (typeof WEBHOOK_ENDPOINT_STATES)[number];

/** `failing`: nothing has arrived for three days; `gone`: it has answered 410; `asked`: somebody wanted it so. */
export type WebhookStateReason = 'failing' | 'gone' | 'asked';

export const WEBHOOK_DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
export type WebhookDeliveryState = (typeof WEBHOOK_DELIVERY_STATES)[number];

/** Why a delivery has failed for good. */
export type WebhookFailure = 'gave_up' | 'endpoint_gone' | 'endpoint_disabled' | 'endpoint_removed';

const Url = Type.String({
  maxLength: 2_048,
  pattern: '^https?://[^\\s]+$',
  description: 'https://…, without a user, a password or a fragment.',
});
const Events = Type.Array(Type.String({ maxLength: 100 }), {
  maxItems: 100,
  description: 'Types of events, in full or short (`order.paid`); none: all of them.',
});
const Description = Type.String({ minLength: 1, maxLength: 500 });
const Contact = Type.String({
  format: 'email',
  maxLength: 254,
  description: 'Who is written to when the endpoint is disabled or removed by itself.',
});

export const WebhookEndpointRequest = Type.Object(
  {
    url: Url,
    events: Type.Optional(Events),
    description: Type.Optional(Description),
    contact: Type.Optional(Contact),
  },
  closed,
);
export type WebhookEndpointRequest = Static<typeof WebhookEndpointRequest>;

export const WebhookEndpointChange = Type.Object(
  {
    url: Type.Optional(Url),
    events: Type.Optional(Events),
    description: Type.Optional(Description),
    contact: Type.Optional(Contact),
    state: Type.Optional(Type.Enum(['enabled', 'disabled'])),
  },
  closed,
);
export type WebhookEndpointChange = Static<typeof WebhookEndpointChange>;

export const WebhookEndpointView = Type.Object(
  {
    endpointId: Type.String(),
    url: Type.String(),
    events: Type.Array(Type.String(), { description: 'In full; none: all of them.' }),
    description: Type.Optional(Type.String()),
    contact: Type.Optional(Type.String()),
    state: Type.Enum([...WEBHOOK_ENDPOINT_STATES]),
    reason: Type.Optional(Type.Enum(['failing', 'gone', 'asked'], { description: 'Why it is not enabled.' })),
    stateSince: Timestamp,
    failingSince: Type.Optional(
      Type.String({ format: 'date-time', description: 'The first failure since its last success.' }),
    ),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  closed,
);
export type WebhookEndpointView = Static<typeof WebhookEndpointView>;

export const NewWebhookEndpointView = Type.Object(
  {
    ...WebhookEndpointView.properties,
    secret: Type.String({ description: 'What its requests are signed with: `whsec_…`.' }),
  },
  closed,
);
export type NewWebhookEndpointView = Static<typeof NewWebhookEndpointView>;

export const WebhookSecretView = Type.Object(
  {
    secret: Type.String({ description: 'The new one.' }),
    previousExpiresAt: Type.String({
      format: 'date-time',
      description: 'Until then requests are signed with the one before as well.',
    }),
  },
  closed,
);
export type WebhookSecretView = Static<typeof WebhookSecretView>;

export const WebhookDeliverySummary = Type.Object(
  {
    deliveryId: Type.String(),
    endpointId: Type.String(),
    eventId: Type.String({ description: 'The header `webhook-id`: the same however often it is sent.' }),
    orderId: Type.String(),
    type: Type.String(),
    state: Type.Enum([...WEBHOOK_DELIVERY_STATES]),
    reason: Type.Optional(Type.String({ description: 'A stable code: why it has failed for good.' })),
    attempts: Type.Integer({ minimum: 0 }),
    createdAt: Timestamp,
    nextAttemptAt: Type.Optional(Timestamp),
    settledAt: Type.Optional(Timestamp),
  },
  closed,
);
export type WebhookDeliverySummary = Static<typeof WebhookDeliverySummary>;

const WebhookAttempt = Type.Object(
  {
    attempt: Type.Integer({ minimum: 1 }),
    startedAt: Timestamp,
    durationMs: Type.Integer({ minimum: 0 }),
    headers: Type.Record(Type.String(), Type.String(), { description: 'Of the request.' }),
    status: Type.Optional(Type.Integer({ description: 'Of the answer.' })),
    answer: Type.Optional(Type.String({ description: "The beginning of the answer's body." })),
    error: Type.Optional(Type.String({ description: 'Why there was no answer.' })),
  },
  closed,
);

/** With what was sent, and what was answered. */
export const WebhookDeliveryView = Type.Object(
  {
    ...WebhookDeliverySummary.properties,
    body: Type.String({ description: "The request's body." }),
    tried: Type.Array(WebhookAttempt, { description: 'The newest twenty, oldest first.' }),
  },
  closed,
);
export type WebhookDeliveryView = Static<typeof WebhookDeliveryView>;

export const RecoverRequest = Type.Object(
  { since: Type.String({ format: 'date-time', description: 'Events that happened from then on.' }) },
  closed,
);
export type RecoverRequest = Static<typeof RecoverRequest>;

export const RecoverResult = Type.Object(
  {
    deliveries: Type.Integer({ minimum: 0, description: 'So many are sent now.' }),
    more: Type.Boolean({ description: 'There are more: ask again.' }),
  },
  closed,
);
export type RecoverResult = Static<typeof RecoverResult>;

/** What the worker of task queue `webhooks` runs, each as an activity of its own, without a workflow. */
export interface WebhookActivities {
  /** Sends one event to one endpoint, unless that is settled. Fails as long as it has to be tried again. */
  deliverWebhook(deliveryId: string): Promise<{ state: WebhookDeliveryState }>;
  /** Writes to the contact of an endpoint that was disabled or removed by itself. */
  notifyWebhookContact(endpointId: string): Promise<void>;
}

/** The delivery id is the id of the activity. */
export const contactActivityId = (endpointId: string, sinceMs: number): string =>
  `${endpointId}.told.${sinceMs}`;
