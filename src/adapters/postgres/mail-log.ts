import type { MailKind, MailRequest, MailView } from '../../contracts/http/mail.ts';
import type { MailData } from '../../contracts/ports/mail-data.ts';
import { callFunction, type Pool } from './pool.ts';

/** A mail that has to be sent, with the data that its text needs. */
export type ClaimedMail<K extends MailKind = MailKind> = MailData[K] & {
  kind: K;
  messageId: string;
  email: string;
  locale?: string;
};

/** Records which mails were sent, one row for each order, kind and part. Every call may be repeated. */
export interface MailLog {
  /** Claims the mails, and returns those that were not sent yet. */
  claim(mails: (MailRequest & { messageId: string })[]): Promise<ClaimedMail[]>;
  markSent(messageIds: string[]): Promise<void>;
  markFailed(failures: { messageId: string; error: string }[]): Promise<void>;
  /** Returns the mails of one order of the client, oldest first, or without `orderId` the newest mails of all its orders. */
  list(filter: MailFilter): Promise<MailView[]>;
}

export interface MailFilter {
  clientId: string;
  orderId?: string;
  limit: number;
}

interface MailRow {
  order_id: string;
  kind: MailKind;
  part: number;
  message_id: string;
  status: MailView['status'];
  attempts: number;
  sent_at: Date | null;
}

export function createMailLog(pool: Pool): MailLog {
  return {
    claim: (mails) => callFunction(pool, 'claim_mails', mails),

    async markSent(messageIds) {
      await pool.query({
        name: 'mark_mails_sent',
        text: `update mails set status = 'sent', sent_at = clock_timestamp(), last_error = null
                where message_id = any($1::text[]) and status <> 'sent'`,
        values: [messageIds],
      });
    },

    async markFailed(failures) {
      await pool.query(
        `update mails m set status = 'failed', last_error = f ->> 'error'
           from jsonb_array_elements($1::jsonb) f
          where m.message_id = f ->> 'messageId' and m.status <> 'sent'`,
        [JSON.stringify(failures)],
      );
    },

    async list({ clientId, orderId, limit }) {
      const ofOneOrder = orderId !== undefined;
      const { rows } = await pool.query<MailRow>(
        `select m.order_id, m.kind, m.part, m.message_id, m.status, m.attempts, m.sent_at
           from mails m join orders o on o.order_id = m.order_id
          where o.client_id = $1 and ${ofOneOrder ? 'm.order_id = $3' : 'true'}
          order by m.created_at ${ofOneOrder ? 'asc' : 'desc'}, m.kind, m.part limit $2`,
        ofOneOrder ? [clientId, limit, orderId] : [clientId, limit],
      );
      return rows.map((row) => ({
        orderId: row.order_id,
        kind: row.kind,
        part: row.part,
        messageId: row.message_id,
        status: row.status,
        attempts: row.attempts,
        ...(row.sent_at && { sentAt: row.sent_at.toISOString() }),
      }));
    },
  };
}
