import type { PaymentReference } from '../../contracts/temporal/checkout.ts';
import type { Pool } from './pool.ts';

/** The step of an order whose authorised money has to be captured soon. No workflow waits for it: it ends when the money is not held any more. */
export const CAPTURE_AUTHORIZATION = 'captureAuthorization';

/** Authorisations whose time is about to end, or should have ended. */
export interface Authorizations {
  /**
   * Shows in the attention of orders that their authorisations end within `leadMs`, and ends it where the money is captured or released.
   * Safe to repeat. Returns the number of orders that it has changed; with `limit` of them there may be more.
   */
  showEnding(leadMs: number, limit: number): Promise<number>;
  /**
   * Returns a payment of each order that holds money longer than `afterMs` after its authorisation should have ended: once, and every hour
   * from then on. A page after `afterOrderId`, by order.
   *
   * @param since the last time that they were asked for
   */
  overdue(since: Date, afterMs: number, limit: number, afterOrderId?: string): Promise<PaymentReference[]>;
}

export function createAuthorizations(pool: Pool): Authorizations {
  return {
    async showEnding(leadMs, limit) {
      const { rows } = await pool.query<{ changed: number }>({
        name: 'show_ending_authorizations',
        text: 'select show_ending_authorizations($1, $2) as changed',
        values: [leadMs, limit],
      });
      return rows[0]?.changed ?? 0;
    },

    async overdue(since, afterMs, limit, afterOrderId = '') {
      const { rows } = await pool.query<PaymentReference>({
        name: 'overdue_authorizations',
        text: `select order_id as "orderId", payment_intent_id as "paymentIntentId" from overdue_authorizations($1, $2, $3, $4)`,
        values: [since, afterMs, afterOrderId, limit],
      });
      return rows;
    },
  };
}
