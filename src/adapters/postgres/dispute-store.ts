import type { DisputeStatus } from '../../contracts/dispute-states.ts';
import type { DisputeView } from '../../contracts/http/disputes.ts';
import { DISPUTE_VIEW } from './order-row.ts';
import type { Pool } from './pool.ts';

export interface DisputeFilter {
  clientId: string;
  status?: DisputeStatus;
  /** Only disputes that wait for evidence, and take it until this time at most. ISO 8601. */
  dueBefore?: string;
  limit: number;
  /** The id of the last dispute of the page before. */
  after?: string;
}

/** Reads the disputes of orders. The ledger's step `recordDisputes` writes them. */
export interface DisputeStore {
  /** Newest first. */
  list(filter: DisputeFilter): Promise<DisputeView[]>;
}

export const createDisputeStore = (pool: Pool): DisputeStore => ({
  async list({ clientId, status, dueBefore, limit, after }) {
    const values: unknown[] = [clientId];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const conditions = ['o.client_id = $1'];
    if (status !== undefined) conditions.push(`d.status = ${bind(status)}`);
    if (dueBefore !== undefined)
      conditions.push(
        `dispute_needs_response(d.status) and d.closed_at is null and d.evidence_due_at <= ${bind(dueBefore)}`,
      );
    if (after !== undefined) {
      const last = bind(after);
      conditions.push(
        `(d.opened_at, d.dispute_id) < ((select opened_at from disputes where dispute_id = ${last}), ${last})`,
      );
    }
    const { rows } = await pool.query<{ view: DisputeView }>(
      `select ${DISPUTE_VIEW} as view from disputes d join orders o using (order_id)
        where ${conditions.join(' and ')} order by d.opened_at desc, d.dispute_id desc limit ${bind(limit)}`,
      values,
    );
    return rows.map(({ view }) => view);
  },
});
