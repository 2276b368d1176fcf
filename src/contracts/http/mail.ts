import { Type, type Static } from 'typebox';

/** What a customer is told, one mail each at most per order (and per refund). */
export const MAIL_KINDS = [
  'created',
  'paid',
  'payment_failed',
  'out_of_stock',
  'expired',
  'rejected',
  'cancelled',
  'refunded',
] as const;
export type MailKind = (typeof MAIL_KINDS)[number];

export const MailView = Type.Object(
  {
    orderId: Type.String(),
    kind: Type.Enum([...MAIL_KINDS]),
    messageId: Type.String(),
    status: Type.Enum(['pending', 'sent', 'failed']),
    attempts: Type.Integer(),
    sentAt: Type.Optional(Type.String({ format: 'date-time' })),
    subject: Type.Optional(Type.String()),
    body: Type.Optional(Type.String({ description: 'From the sandbox, where there is one.' })),
    copies: Type.Optional(Type.Integer({ description: 'How often the sandbox received it.' })),
  },
  { additionalProperties: false },
);
export type MailView = Static<typeof MailView>;

/** A mail to be sent. What it says is read from PostgreSQL, so that no personal data travels through Temporal. */
export interface MailRequest {
  orderId: string;
  kind: MailKind;
  /** Which of several of its kind: each refund has a mail of its own. Absent: the first. */
  part?: number;
}

export interface MailOutcome extends MailRequest {
  status: 'sent' | 'failed';
}
