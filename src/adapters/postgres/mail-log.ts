import type { MailKind, MailRequest, MailView } from '../../contracts/http/mail.ts';
import type { OrderLine } from '../../contracts/http/order.ts';
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
  /** Of a refund: how much, minor units. */
  refunded?: number;
}

/** Which mail was sent for which order: one row an order and kind. Every call may be repeated. */
export interface MailLog {
  /** The mails that are still to be sent; one that was sent is not answered again. */
  claim(mails: (MailRequest & { messageId: string })[]): Promise<ClaimedMail[]>;
  markSent(messageIds: string[]): Promise<void>;
  markFailed(failures: { messageId: string; error: string }[]): Promise<void>;
  /** Of the client's orders: the mails of one order, oldest first, or the newest of all. */
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
        `select m.order_id, m.kind, m.message_id, m.status, m.attempts, m.sent_at
           from mails m join orders o on o.order_id = m.order_id
          where o.client_id = $1 and ${ofOneOrder ? 'm.order_id = $3' : 'true'}
          order by m.created_at ${ofOneOrder ? 'asc' : 'desc'}, m.kind limit $2`,
        ofOneOrder ? [clientId, limit, orderId] : [clientId, limit],
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
