import { Type, type Static } from 'typebox';
import { ActorView } from './actor.ts';
import {
  WEBHOOK_DELIVERY_STATES,
  WEBHOOK_ENDPOINT_STATES,
  type WebhookDeliveryState,
} from '../webhook-states.ts';
import { Text } from './texts.ts';

// In a file of its own, so that the checkout command, which needs only the names, does not load TypeBox.
export {
  WEBHOOK_DELIVERY_STATES,
  WEBHOOK_ENDPOINT_STATES,
  type WebhookDeliveryState,
  type WebhookEndpointState,
} from '../webhook-states.ts';

const closed = { additionalProperties: false } as const;
const Timestamp = Type.String({ format: 'date-time' });

export const WebhookEndpointStateSchema = Type.Enum([...WEBHOOK_ENDPOINT_STATES], {
  title: 'WebhookEndpointState',
});

/** `failing`: no delivery has arrived for three days; `gone`: the receiver has answered 410; `asked`: by a request to the API. */
export type WebhookStateReason = 'failing' | 'gone' | 'asked';

export const WebhookDeliveryStateSchema = Type.Enum([...WEBHOOK_DELIVERY_STATES], {
  title: 'WebhookDeliveryState',
});

/** Why a delivery is not attempted any more. */
export type WebhookFailure = 'gave_up' | 'endpoint_gone' | 'endpoint_disabled' | 'endpoint_removed';

const Url = Type.String({
  maxLength: 2_048,
  pattern: '^https?://[^\\s]+$',
  description: 'An https:// URL without a user, a password and a fragment.',
});
const Events = Type.Array(Type.String({ maxLength: 100 }), {
  maxItems: 100,
  description: 'The types of events to send, in full or short (`order.paid`). Empty: all types.',
});
const Description = Text(500);
const Contact = Type.String({
  format: 'email',
  maxLength: 254,
  description: 'The email address to notify when the endpoint is disabled or removed automatically.',
});

export const WebhookEndpointRequest = Type.Object(
  {
    url: Url,
    events: Type.Optional(Events),
    description: Type.Optional(Description),
    contact: Type.Optional(Contact),
  },
  { ...closed, title: 'WebhookEndpointRequest' },
);
export type WebhookEndpointRequest = Static<typeof WebhookEndpointRequest>;

export const WebhookEndpointChange = Type.Object(
  {
    url: Type.Optional(Url),
    events: Type.Optional(Events),
    description: Type.Optional(Description),
    contact: Type.Optional(Contact),
    state: Type.Optional(Type.Enum(['enabled', 'disabled'], { title: 'WebhookEndpointSwitch' })),
  },
  { ...closed, title: 'WebhookEndpointChange' },
);
export type WebhookEndpointChange = Static<typeof WebhookEndpointChange>;

export const WebhookEndpointView = Type.Object(
  {
    endpointId: Type.String(),
    url: Type.String(),
    events: Type.Array(Type.String(), {
      description: 'The types of events to send, in full. Empty: all types.',
    }),
    description: Type.Optional(Type.String()),
    contact: Type.Optional(Type.String()),
    state: WebhookEndpointStateSchema,
    reason: Type.Optional(
      Type.Enum(['failing', 'gone', 'asked'], {
        title: 'WebhookStateReason',
        description: 'Why the endpoint is not enabled.',
      }),
    ),
    stateSince: Timestamp,
    failingSince: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'The time of the first failure since the last success.',
      }),
    ),
    actor: Type.Optional(ActorView),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { ...closed, title: 'WebhookEndpoint' },
);
export type WebhookEndpointView = Static<typeof WebhookEndpointView>;

export const NewWebhookEndpointView = Type.Object(
  {
    ...WebhookEndpointView.properties,
    secret: Type.String({ description: 'The secret that signs the requests: `whsec_…`.' }),
  },
  { ...closed, title: 'NewWebhookEndpoint' },
);
export type NewWebhookEndpointView = Static<typeof NewWebhookEndpointView>;

export const WebhookSecretView = Type.Object(
  {
    secret: Type.String({ description: 'The new secret.' }),
    previousExpiresAt: Type.String({
      format: 'date-time',
      description: 'Until then requests are signed with the previous secret too.',
    }),
  },
  { ...closed, title: 'WebhookSecret' },
);
export type WebhookSecretView = Static<typeof WebhookSecretView>;

export const WebhookDeliverySummary = Type.Object(
  {
    deliveryId: Type.String(),
    endpointId: Type.String(),
    eventId: Type.String({ description: 'The header `webhook-id`: the same at every attempt.' }),
    orderId: Type.String(),
    type: Type.String(),
    state: WebhookDeliveryStateSchema,
    reason: Type.Optional(Type.String({ description: 'Why the delivery has failed, as a stable code.' })),
    attempts: Type.Integer({ minimum: 0 }),
    createdAt: Timestamp,
    nextAttemptAt: Type.Optional(Timestamp),
    settledAt: Type.Optional(Timestamp),
  },
  { ...closed, title: 'WebhookDeliverySummary' },
);
export type WebhookDeliverySummary = Static<typeof WebhookDeliverySummary>;

const WebhookAttempt = Type.Object(
  {
    attempt: Type.Integer({ minimum: 1 }),
    startedAt: Timestamp,
    durationMs: Type.Integer({ minimum: 0 }),
    headers: Type.Record(Type.String(), Type.String(), { description: 'The headers of the request.' }),
    status: Type.Optional(Type.Integer({ description: 'The HTTP status of the response.' })),
    answer: Type.Optional(Type.String({ description: 'The beginning of the body of the response.' })),
    error: Type.Optional(Type.String({ description: 'Why there was no response.' })),
  },
  { ...closed, title: 'WebhookAttempt' },
);

/** A delivery with its body and its attempts. */
export const WebhookDeliveryView = Type.Object(
  {
    ...WebhookDeliverySummary.properties,
    body: Type.String({ description: 'The body of the request.' }),
    tried: Type.Array(WebhookAttempt, { description: 'The newest twenty attempts, oldest first.' }),
  },
  { ...closed, title: 'WebhookDelivery' },
);
export type WebhookDeliveryView = Static<typeof WebhookDeliveryView>;

export const RecoverRequest = Type.Object(
  { since: Type.String({ format: 'date-time', description: 'Events that occurred at this time or later.' }) },
  { ...closed, title: 'RecoverRequest' },
);
export type RecoverRequest = Static<typeof RecoverRequest>;

export const RecoverResult = Type.Object(
  {
    deliveries: Type.Integer({ minimum: 0, description: 'The number of deliveries that are being sent.' }),
    more: Type.Boolean({ description: 'true: there are more, so call again.' }),
  },
  { ...closed, title: 'RecoverResult' },
);
export type RecoverResult = Static<typeof RecoverResult>;

/** The activities of the task queue `webhooks`. Each is started by itself, without a workflow. */
export interface WebhookActivities {
  /** Sends one event to one endpoint, unless the delivery is settled. Fails as long as it must be retried. */
  deliverWebhook(deliveryId: string): Promise<{ state: WebhookDeliveryState }>;
  /** Sends a mail to the contact of an endpoint that was disabled or removed automatically. */
  notifyWebhookContact(endpointId: string): Promise<void>;
}

/** The id of the activity which notifies the contact of an endpoint. The activity of a delivery has the id of the delivery. */
export const contactActivityId = (endpointId: string, sinceMs: number): string =>
  `${endpointId}.notified.${sinceMs}`;
