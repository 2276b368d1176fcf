import type { AlertMailStatus, StockAlertView } from '../../contracts/http/stock-alerts.ts';
import type { StockAlertMailData } from '../../contracts/ports/mail-data.ts';
import { callFunction, type Pool } from './pool.ts';

/** The mail of an alert, claimed by this process. */
export interface ClaimedAlertMail extends StockAlertMailData {
  alertId: number;
  /** With this one. */
  attempts: number;
  /** ISO 8601: since when it has to be sent. */
  since: string;
}

/** What became of an attempt to send a mail. `retryInMs` absent: it is not sent again. `error` is a code. */
export type MailResult = { sent: true } | { sent: false; error: string; retryInMs?: number };

export interface AlertFilter {
  sku?: string;
  mailStatus?: AlertMailStatus;
}

export interface StockAlerts {
  /**
   * Raises the alerts of levels that have been low or out for `delayMs`, with an event each, and with a mail if `mail` is true. Safe to
   * call from several processes. Returns the alerts that were raised.
   */
  raise(options: {
    delayMs: number;
    limit: number;
    mail: boolean;
  }): Promise<{ sku: string; location: string; state: 'low' | 'out' }[]>;
  /** Claims mails that are due. A claim that is not settled within `leaseMs` may be claimed again. */
  claimMails(limit: number, leaseMs: number): Promise<ClaimedAlertMail[]>;
  settleMail(alertId: number, result: MailResult): Promise<void>;
  /** Returns the alerts, newest first, those older than `before`. */
  list(filter: AlertFilter, limit: number, before?: number): Promise<StockAlertView[]>;
}

interface AlertRow {
  alert_id: number;
  sku: string;
  location_id: string;
  state: 'low' | 'out';
  available: number;
  low_at: number;
  raised_at: Date;
  mail_status: AlertMailStatus;
  mail_attempts: number;
  mail_error: string | null;
  mailed_at: Date | null;
}

export function createStockAlerts(pool: Pool): StockAlerts {
  return {
    raise: (options) => callFunction(pool, 'raise_stock_alerts', options),

    claimMails: (limit, leaseMs) => callFunction(pool, 'claim_alert_mails', { limit, leaseMs }),

    async settleMail(alertId, result) {
      await pool.query({
        name: 'settle_alert_mail',
        text: `update stock_alerts
                  set mail_status = $2, mail_error = $3, mailed_at = case when $2 = 'sent' then clock_timestamp() end,
                      mail_due_at = clock_timestamp() + $4 * interval '1 millisecond'
                where alert_id = $1 and mail_status = 'pending'`,
        values: [alertId, statusAfter(result), result.sent ? null : result.error, retryOf(result) ?? 0],
      });
    },

    async list({ sku, mailStatus }, limit, before) {
      const { rows } = await pool.query<AlertRow>(
        `select alert_id, sku, location_id, state, available, low_at, raised_at, mail_status, mail_attempts, mail_error, mailed_at
           from stock_alerts
          where ($1::text is null or sku = $1) and ($2::text is null or mail_status = $2)
            and ($3::bigint is null or alert_id < $3)
          order by alert_id desc limit $4`,
        [sku ?? null, mailStatus ?? null, before ?? null, limit],
      );
      return rows.map(toView);
    },
  };
}

const retryOf = (result: MailResult): number | undefined => (result.sent ? undefined : result.retryInMs);

function statusAfter(result: MailResult): AlertMailStatus {
  if (result.sent) return 'sent';
  return result.retryInMs === undefined ? 'failed' : 'pending';
}

const toView = (row: AlertRow): StockAlertView => ({
  alertId: row.alert_id,
  sku: row.sku,
  location: row.location_id,
  state: row.state,
  available: row.available,
  lowAt: row.low_at,
  raisedAt: row.raised_at.toISOString(),
  mailStatus: row.mail_status,
  mailAttempts: row.mail_attempts,
  ...(row.mail_error !== null && { mailError: row.mail_error }),
  ...(row.mailed_at !== null && { mailedAt: row.mailed_at.toISOString() }),
});
