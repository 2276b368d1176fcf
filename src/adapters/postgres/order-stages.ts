import type { Pool } from './pool.ts';

/** How long an order has taken, in milliseconds from its arrival. */
export interface OrderStages {
  readonly orderId: string;
  /** Null: its stock was never reserved. */
  readonly reservedMs: number | null;
  readonly decidedMs: number;
  /** When its first outcome was recorded. */
  readonly decidedAt: Date;
  /** Pieces of all lines. */
  readonly units: number;
}

/** Reads the stages of orders. Orders that are not decided are left out. */
export type ReadOrderStages = (orderIds: readonly string[]) => Promise<OrderStages[]>;

export const createOrderStages =
  (pool: Pool): ReadOrderStages =>
  async (orderIds) => {
    const { rows } = await pool.query<OrderStages>({
      name: 'order_stages',
      text: `select order_id as "orderId", outcome_at as "decidedAt",
                    (extract(epoch from reserved_at - created_at) * 1000)::float8 as "reservedMs",
                    (extract(epoch from outcome_at - created_at) * 1000)::float8 as "decidedMs",
                    (select coalesce(sum((line ->> 'quantity')::bigint), 0)::bigint from jsonb_array_elements(o.lines) line) as units
               from orders o where order_id = any($1::text[]) and outcome_at is not null`,
      values: [orderIds],
    });
    return rows;
  };
