import { Type, type Static } from 'typebox';
import { LocationId } from './locations.ts';
import { Locale, Sku } from './order.ts';

const closed = { additionalProperties: false } as const;
const Timestamp = Type.String({ format: 'date-time' });

/** What became of the mail of an alert. */
export const ALERT_MAIL_STATUSES = ['pending', 'sent', 'failed', 'none'] as const;
export const AlertMailStatus = Type.Enum([...ALERT_MAIL_STATUSES], { title: 'AlertMailStatus' });
export type AlertMailStatus = (typeof ALERT_MAIL_STATUSES)[number];

export const StockAlertView = Type.Object(
  {
    alertId: Type.Integer({ minimum: 1 }),
    sku: Sku,
    location: LocationId,
    state: Type.Enum(['low', 'out'], { title: 'StockAlertState' }),
    available: Type.Integer({ minimum: 0, description: 'What could be sold when the alert was raised.' }),
    lowAt: Type.Integer({ minimum: 0 }),
    raisedAt: Timestamp,
    mailStatus: AlertMailStatus,
    mailAttempts: Type.Integer({ minimum: 0 }),
    mailError: Type.Optional(
      Type.String({ description: 'Why the last attempt to send the mail has failed, as a code.' }),
    ),
    mailedAt: Type.Optional(Timestamp),
  },
  { ...closed, title: 'StockAlert' },
);
export type StockAlertView = Static<typeof StockAlertView>;

/** The body of `POST /v1/stock/{sku}/subscriptions`. */
export const StockSubscriptionRequest = Type.Object(
  {
    email: Type.String({ format: 'email', maxLength: 254 }),
    locale: Type.Optional(Locale),
  },
  { ...closed, title: 'StockSubscriptionRequest' },
);
export type StockSubscriptionRequest = Static<typeof StockSubscriptionRequest>;

/** The same for every address, so that nobody learns whether an address is subscribed. */
export const StockSubscriptionReceipt = Type.Object(
  {
    accepted: Type.Boolean({ description: 'Always true.' }),
  },
  { ...closed, title: 'StockSubscriptionReceipt' },
);
