import { Type, type Static } from 'typebox';
import { MAIL_KINDS, type MailKind } from '../mail-kinds.ts';

export type { MailKind };

const MailKindSchema = Type.Enum([...MAIL_KINDS], { title: 'MailKind' });

export const MailView = Type.Object(
  {
    orderId: Type.String(),
    kind: MailKindSchema,
    part: Type.Integer({
      minimum: 1,
      description:
        'The number of the refund, shipment or return that the mail is about. 1 for mails about the whole order.',
    }),
    messageId: Type.String(),
    status: Type.Enum(['pending', 'sent', 'failed', 'refused'], {
      title: 'MailStatus',
      description:
        '`failed`: the last attempt has failed, and the mail is sent again. `refused`: the mail server will never accept it; nothing sends it again.',
    }),
    attempts: Type.Integer(),
    error: Type.Optional(
      Type.String({
        description: 'Why the last attempt failed: the response code of the mail server, if it has answered.',
      }),
    ),
    sentAt: Type.Optional(Type.String({ format: 'date-time' })),
    subject: Type.Optional(Type.String()),
    body: Type.Optional(Type.String({ description: 'From the sandbox, if there is one.' })),
    copies: Type.Optional(Type.Integer({ description: 'How often the sandbox received it.' })),
  },
  { additionalProperties: false, title: 'Mail' },
);
export type MailView = Static<typeof MailView>;

export const ResendMailsRequest = Type.Object(
  {
    email: Type.Optional(
      Type.String({
        format: 'email',
        maxLength: 254,
        description: 'The corrected address of the customer, for every mail of the order from now on.',
      }),
    ),
    kind: Type.Optional(MailKindSchema),
  },
  { additionalProperties: false, title: 'ResendMailsRequest' },
);
export type ResendMailsRequest = Static<typeof ResendMailsRequest>;

/** A mail to send. Its content is read from PostgreSQL, so that no personal data passes through Temporal. */
export interface MailRequest {
  orderId: string;
  kind: MailKind;
  /** Distinguishes mails of the same kind: the number of the refund, shipment or return. Absent: the first. */
  part?: number;
}

export interface MailOutcome extends MailRequest {
  /** `refused`: the mail server will never accept the mail, which the list of mails shows. */
  status: 'sent' | 'refused';
}
