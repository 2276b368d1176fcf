import type { OrderStatus } from '../../contracts/order-status.ts';
import type {
  Address,
  AttentionView,
  OrderEvent,
  OrderLine,
  OrderView,
  PaymentStatus,
  RefundView,
  ReservationView,
  ReviewView,
} from '../../contracts/http/order.ts';
import { batchedRead } from './batched-read.ts';
import type { Pool } from './pool.ts';

export interface OrderFilter {
  clientId: string;
  status?: OrderStatus;
  email?: string;
  /** Whether a step of the order waits for an operator. */
  attention?: boolean;
  limit: number;
  cursor?: OrderCursor;
}

/** The last order of a page: the next one begins after it. */
export interface OrderCursor {
  createdAt: string;
  orderId: string;
}

/** Whose an order is and what it was placed with, beside what it shows. */
export interface StoredOrder {
  clientId: string;
  requestHash: string;
  view: OrderView;
}

/** A parked step, and the workflow that has to be told what becomes of it. */
export interface ParkedStepView extends AttentionView {
  workflowId: string;
}

export interface OrderReader {
  find(orderId: string): Promise<StoredOrder | undefined>;
  /** Newest first. */
  list(filter: OrderFilter): Promise<OrderView[]>;
  /** The steps of an order that wait for an operator, the oldest first. */
  parked(orderId: string): Promise<ParkedStepView[]>;
  /** Oldest first, those after `afterSequence`. */
  events(orderId: string, afterSequence?: number): Promise<OrderEvent[]>;
}

interface OrderRow {
  order_id: string;
  client_id: string;
  request_hash: string;
  status: OrderStatus;
  reason: string | null;
  currency: string;
  total: number;
  lines: OrderLine[];
  customer_email: string;
  customer_name: string | null;
  shipping: Address | null;
  payment_method: string;
  review: ReviewView | null;
  attention: AttentionView | null;
  created_at: Date;
  updated_at: Date;
  payment: {
    status: PaymentStatus;
    paymentIntentId: string | null;
    captured: number;
    refunded: number;
    capturable: number;
    captureBefore: string | null;
    declineCode: string | null;
    clientSecret: string | null;
    nextActionUrl: string | null;
  } | null;
  reservations: ReservationView[] | null;
  refunds: RefundView[] | null;
}

const PARKED_STEP = `json_build_object('step', a.step, 'reason', a.reason, 'attempts', a.attempts,
  'since', iso_time(a.since), 'actions', a.actions)`;

/** Of an order `o`. */
const ORDER_COLUMNS = `
  o.order_id, o.client_id, o.request_hash, o.status, o.reason, o.currency, o.total, o.lines, o.customer_email,
         o.customer_name, o.shipping, o.payment_method, o.review, o.created_at, o.updated_at,
         (select ${PARKED_STEP} from parked_steps a where a.order_id = o.order_id order by a.since limit 1) as attention,
         (select json_build_object('status', p.status, 'paymentIntentId', p.payment_intent_id, 'captured', p.captured,
                   'refunded', p.refunded, 'capturable', p.capturable, 'captureBefore', iso_time(p.capture_before),
                   'declineCode', p.decline_code, 'clientSecret', p.client_secret,
                   'nextActionUrl', p.next_action_url)
            from payments p where p.order_id = o.order_id
           order by p.late, p.attempt desc limit 1) as payment,
         (select json_agg(json_build_object('sku', r.sku, 'quantity', r.quantity, 'state', r.state) order by r.sku)
            from reservations r where r.order_id = o.order_id) as reservations,
         (select json_agg(json_strip_nulls(json_build_object('refundId', f.refund_id, 'number', f.number,
                   'amount', f.amount, 'status', f.status, 'reason', f.reason,
                   'createdAt', iso_time(f.created_at))) order by f.number)
            from refunds f where f.order_id = o.order_id) as refunds`;

/** The limit keeps the plan one look into the key's index an order, also where it is made while the table is small. */
const FIND_ORDERS = `
  select ${ORDER_COLUMNS}
    from unnest($1::text[]) as wanted (order_id)
   cross join lateral (select * from orders where orders.order_id = wanted.order_id limit 1) o`;

export function createOrderReader(pool: Pool): OrderReader {
  async function findAll(orderIds: string[]): Promise<(StoredOrder | undefined)[]> {
    const { rows } = await pool.query<OrderRow>({
      name: 'find_orders',
      text: FIND_ORDERS,
      values: [orderIds],
    });
    const found = new Map(rows.map((row) => [row.order_id, row]));
    return orderIds.map((orderId) => {
      const row = found.get(orderId);
      return row && { clientId: row.client_id, requestHash: row.request_hash, view: toView(row) };
    });
  }

  return {
    find: batchedRead(findAll),

    async list({ clientId, status, email, attention, limit, cursor }) {
      const values: unknown[] = [clientId];
      const bind = (value: unknown) => `$${values.push(value)}`;
      const conditions = ['o.client_id = $1'];
      if (status !== undefined) conditions.push(`o.status = ${bind(status)}`);
      if (email !== undefined) conditions.push(`lower(o.customer_email) = lower(${bind(email)})`);
      if (attention !== undefined) {
        conditions.push(
          `${attention ? '' : 'not '}exists (select 1 from parked_steps a where a.order_id = o.order_id)`,
        );
      }
      if (cursor) {
        conditions.push(
          `(o.created_at, o.order_id) < (${bind(cursor.createdAt)}::timestamptz, ${bind(cursor.orderId)})`,
        );
      }
      const text = `select ${ORDER_COLUMNS} from orders o where ${conditions.join(' and ')}
        order by o.created_at desc, o.order_id desc limit ${bind(limit)}`;
      const { rows } = await pool.query<OrderRow>(text, values);
      return rows.map(toView);
    },

    async parked(orderId) {
      const { rows } = await pool.query<{ step: ParkedStepView }>({
        name: 'parked_steps',
        text: `select ${PARKED_STEP}::jsonb || jsonb_build_object('workflowId', a.workflow_id) as step
                 from parked_steps a where a.order_id = $1 order by a.since`,
        values: [orderId],
      });
      return rows.map(({ step }) => step);
    },

    async events(orderId, afterSequence = 0) {
      const { rows } = await pool.query<{
        sequence: number;
        type: string;
        data: Record<string, unknown>;
        occurred_at: Date;
      }>({
        name: 'order_events',
        text: `select sequence, type, data, occurred_at from order_events
                where order_id = $1 and sequence > $2 order by sequence`,
        values: [orderId, afterSequence],
      });
      return rows.map((row) => ({
        id: `${orderId}/${row.sequence}`,
        sequence: row.sequence,
        type: row.type,
        occurredAt: row.occurred_at.toISOString(),
        data: row.data,
      }));
    },
  };
}

function toView(row: OrderRow): OrderView {
  const { payment } = row;
  return {
    orderId: row.order_id,
    status: row.status,
    ...(row.reason !== null && { reason: row.reason }),
    currency: row.currency,
    total: row.total,
    customer: { email: row.customer_email, ...(row.customer_name !== null && { name: row.customer_name }) },
    ...(row.shipping && { shipping: row.shipping }),
    lines: row.lines,
    payment: {
      status: payment?.status ?? 'none',
      method: row.payment_method,
      captured: payment?.captured ?? 0,
      refunded: payment?.refunded ?? 0,
      capturable: payment?.capturable ?? 0,
      ...(payment?.captureBefore != null && { captureBefore: payment.captureBefore }),
      ...(payment?.paymentIntentId != null && { paymentIntentId: payment.paymentIntentId }),
      ...(payment?.declineCode != null && { declineCode: payment.declineCode }),
      ...(payment?.clientSecret != null && { clientSecret: payment.clientSecret }),
      ...(payment?.nextActionUrl != null && { nextActionUrl: payment.nextActionUrl }),
    },
    reservations: row.reservations ?? [],
    shipments: [],
    refunds: row.refunds ?? [],
    partiallyRefunded:
      payment !== null &&
      payment.refunded > 0 &&
      (payment.refunded < payment.captured || payment.capturable > 0),
    ...(row.review && { review: row.review }),
    attention: row.attention,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
