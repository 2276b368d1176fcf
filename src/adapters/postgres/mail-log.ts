import type { MailKind, MailRequest, MailView } from '../../contracts/http/mail.ts';
import type { MailData } from '../../contracts/ports/mail-data.ts';
import { callFunction, type Pool } from './pool.ts';

/** A mail that has to be sent, with the data that its text needs. */
export type ClaimedMail<K extends MailKind = MailKind> = MailData[K] & {
  kind: K;
  /** Absent if it was claimed without a lease. */
  part?: number;
  messageId: string;
  email: string;
  locale?: string;
  /** The place of the order in a trace. */
  traceparent?: string;
};

/** A mail that was not claimed: another attempt is sending it, or the mail server has refused it for good. */
export type UnclaimedMail = Required<MailRequest> & { state: 'leased' | 'refused' };

export interface MailLease {
  /** Identifies the attempt. */
  id: string;
  /** No other attempt gets the mail before this time is over. Milliseconds. */
  ms: number;
}

export interface MailFailure {
  messageId: string;
  error: string;
  /** Whether the mail server will never accept the mail: then nothing sends it again. */
  permanent?: boolean;
}

/** Records which mails were sent, one row for each order, kind and part. Every call may be repeated. */
export interface MailLog {
  /** Claims the mails that were not sent yet. */
  claim(
    mails: (MailRequest & { messageId: string })[],
    lease: MailLease,
  ): Promise<{ claimed: ClaimedMail[]; unclaimed: UnclaimedMail[] }>;
  /** Extends the lease of mails that are still being sent. Returns the Message-IDs of those of which the lease is still the same. */
  extend(messageIds: string[], lease: MailLease): Promise<string[]>;
  /** Ends a lease without a result: the mail was not sent, and any attempt may send it. */
  release(messageIds: string[], leaseId: string): Promise<void>;
  markSent(messageIds: string[]): Promise<void>;
  /**
   * Records why mails were not sent, and ends their lease. A mail that another attempt has claimed meanwhile stays as it is. A permanent
   * failure becomes an event of the order.
   */
  markFailed(failures: MailFailure[], leaseId: string): Promise<void>;
  /**
   * Makes the unsent mails of an order ready to be sent again, also those that the server has refused for good, and corrects the address.
   * Returns these mails, or `undefined` if the client has no such order.
   */
  reopen(asked: ReopenedMails): Promise<Required<Pick<MailRequest, 'kind' | 'part'>>[] | undefined>;
  /** Returns the mails of one order of the client, oldest first, or without `orderId` the newest mails of all its orders. */
  list(filter: MailFilter): Promise<MailView[]>;
}

export interface ReopenedMails {
  clientId: string;
  orderId: string;
  /** The address of the customer from now on. */
  email?: string;
  /** Only mails of this kind. */
  kind?: MailKind;
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
  last_error: string | null;
  sent_at: Date | null;
}

export function createMailLog(pool: Pool): MailLog {
  return {
    async claim(mails, { id, ms }) {
      const leased = mails.map((mail) => ({ ...mail, lease: id, leaseMs: ms }));
      const answers: (ClaimedMail | UnclaimedMail)[] = await callFunction(pool, 'claim_mails', leased);
      return {
        claimed: answers.filter((mail): mail is ClaimedMail => !isUnclaimed(mail)),
        unclaimed: answers.filter(isUnclaimed),
      };
    },

    async extend(messageIds, { id, ms }) {
      const { rows } = await pool.query<{ message_id: string }>(
        `update mails set leased_until = clock_timestamp() + $3 * interval '1 millisecond'
          where message_id = any($1::text[]) and lease = $2 and status = 'pending' returning message_id`,
        [messageIds, id, ms],
      );
      return rows.map((row) => row.message_id);
    },

    async release(messageIds, leaseId) {
      await pool.query(
        `update mails set lease = null, leased_until = null where message_id = any($1::text[]) and lease = $2 and status = 'pending'`,
        [messageIds, leaseId],
      );
    },

    async markSent(messageIds) {
      await pool.query({
        name: 'mark_mails_sent',
        text: `update mails set status = 'sent', sent_at = clock_timestamp(), last_error = null, leased_until = null
                where message_id = any($1::text[]) and status <> 'sent'`,
        values: [messageIds],
      });
    },

    async markFailed(failures, leaseId) {
      await callFunction(
        pool,
        'fail_mails',
        failures.map((failure) => ({ ...failure, lease: leaseId })),
      );
    },

    async reopen(asked) {
      return (
        (await callFunction<Required<Pick<MailRequest, 'kind' | 'part'>>[] | null>(
          pool,
          'reopen_mails',
          asked,
        )) ?? undefined
      );
    },

    async list({ clientId, orderId, limit }) {
      const ofOneOrder = orderId !== undefined;
      const { rows } = await pool.query<MailRow>(
        `select m.order_id, m.kind, m.part, m.message_id, m.status, m.attempts, m.last_error, m.sent_at
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
        ...(row.last_error !== null && { error: row.last_error }),
        ...(row.sent_at && { sentAt: row.sent_at.toISOString() }),
      }));
    },
  };
}

const isUnclaimed = (mail: ClaimedMail | UnclaimedMail): mail is UnclaimedMail => 'state' in mail;
