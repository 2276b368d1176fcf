import type { MailKind, MailRequest, MailView } from '../../contracts/mail.ts';
import type { OrderLine } from '../../contracts/order.ts';
import { callFunction, type Pool } from './pool.ts';

/** A mail that is to be sent, with what it tells of. */
export interface ClaimedMail {
  orderId: string;
  kind: MailKind;
  messageId: string;
  email: string;
  name?: string;
  currency: string;
  /** Minor units. */
  total: number;
  lines: OrderLine[];
  reason?: string;
}

/** Which mail was sent for which order: one row an order and kind. Every call may be repeated. */
export interface MailLog {
  /** The mails that are still to be sent; one that was sent is not answered again. */
  claim(mails: (MailRequest & { messageId: string })[]): Promise<ClaimedMail[]>;
  markSent(messageIds: string[]): Promise<void>;
  markFailed(failures: { messageId: string; error: string }[]): Promise<void>;
  /** Oldest first. */
  list(orderId: string | undefined, limit: number): Promise<MailView[]>;
}

interface MailRow {
  order_id: string;
  kind: MailKind;
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

    async list(orderId, limit) {
      const { rows } = await pool.query<MailRow>(
        `select order_id, kind, message_id, status, attempts, sent_at from mails
          where $1::text is null or order_id = $1 order by created_at, kind limit $2`,
        [orderId ?? null, limit],
      );
      return rows.map((row) => ({
        orderId: row.order_id,
        kind: row.kind,
        messageId: row.message_id,
        status: row.status,
        attempts: row.attempts,
        ...(row.sent_at && { sentAt: row.sent_at.toISOString() }),
      }));
    },
  };
}
