import type { Address } from '../../contracts/http/order.ts';
import type { OrderStatus } from '../../contracts/order-status.ts';
import { conditionOf, type OrderConditions } from './order-conditions.ts';
import type { Pool } from './pool.ts';

/** An order as a row of a table. Money is in minor units. */
export interface ExportedOrder {
  orderId: string;
  createdAt: Date;
  updatedAt: Date;
  status: OrderStatus;
  reason: string | null;
  currency: string;
  total: number;
  lines: number;
  pieces: number;
  paymentStatus: string | null;
  paymentIntentId: string | null;
  captured: number;
  refunded: number;
  declineCode: string | null;
  /** The step that waits for an operator for longest. */
  attentionStep: string | null;
  /** Null: personal data was not asked for. */
  customer: { email: string; name: string | null; shipping: Address | null } | null;
}

/** Reads every order that is wanted, newest first, in pages: its memory does not grow with their number. */
export type ExportOrders = (
  wanted: OrderConditions & { withCustomer: boolean },
) => AsyncGenerator<ExportedOrder[], void, undefined>;

const PAGE_SIZE = 1_000;

const columns = (withCustomer: boolean): string => `
  o.order_id as "orderId", o.created_at as "createdAt", o.updated_at as "updatedAt", o.created_at::text as position,
  o.status, o.reason, o.currency, o.total,
  (select count(*)::integer from jsonb_array_elements(o.lines)) as lines,
  (select sum((l ->> 'quantity')::integer)::integer from jsonb_array_elements(o.lines) l) as pieces,
  p.status as "paymentStatus", p.payment_intent_id as "paymentIntentId", coalesce(p.captured, 0) as captured,
  coalesce(p.refunded, 0) as refunded, p.decline_code as "declineCode",
  (select step from parked_steps a where a.order_id = o.order_id order by a.since limit 1) as "attentionStep",
  ${withCustomer ? `json_build_object('email', o.customer_email, 'name', o.customer_name, 'shipping', o.shipping)` : 'null'} as customer`;

export const createExportOrders = (pool: Pool): ExportOrders =>
  async function* ({ withCustomer, ...wanted }) {
    let last: readonly [position: string, orderId: string] | undefined;
    for (;;) {
      const values: unknown[] = [];
      const bind = (value: unknown) => `$${values.push(value)}`;
      const conditions = [conditionOf(wanted, bind)];
      if (last)
        conditions.push(`(o.created_at, o.order_id) < (${bind(last[0])}::timestamptz, ${bind(last[1])})`);
      const { rows } = await pool.query<ExportedOrder & { position: string }>(
        `select ${columns(withCustomer)}
           from orders o
           left join lateral (select * from payments where payments.order_id = o.order_id
                               order by late, attempt desc limit 1) p on true
          where ${conditions.join(' and ')}
          order by o.created_at desc, o.order_id desc limit ${PAGE_SIZE}`,
        values,
      );
      if (rows.length > 0) yield rows;
      const end = rows.at(-1);
      if (rows.length < PAGE_SIZE || !end) return;
      last = [end.position, end.orderId];
    }
  };
