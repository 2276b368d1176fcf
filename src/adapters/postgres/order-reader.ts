import type { RecentOrder } from '../../contracts/http/board.ts';
import type { OrderStatus } from '../../contracts/order-status.ts';
import { operationWorkflowId } from '../../contracts/temporal/names.ts';
import type { Settlement } from '../../contracts/temporal/operations.ts';
import type { AttentionView, OrderEvent, OrderView } from '../../contracts/http/order.ts';
import type { SharedTrace } from '../../contracts/ports/tracing.ts';
import { batchedRead } from './batched-read.ts';
import { ORDER_COLUMNS, PARKED_STEP, toOrderView, type OrderRow } from './order-row.ts';
import type { Pool } from './pool.ts';

export interface OrderFilter {
  clientId: string;
  status?: OrderStatus;
  email?: string;
  /** The id of an order or of a PaymentIntent, a tracking code, or a SKU. */
  q?: string;
  /** The order whose idempotency key `q` may be. */
  orderOfKey?: string;
  /** Whether a step of the order waits for an operator. */
  attention?: boolean;
  limit: number;
  cursor?: OrderCursor;
}

/** The last order of a page. The next page begins after it. */
export interface OrderCursor {
  createdAt: string;
  orderId: string;
}

/** An order as the API shows it, with its owner and the hash of the request that placed it. */
export interface StoredOrder {
  clientId: string;
  requestHash: string;
  view: OrderView;
}

/** What is recorded of a payment. Minor units. */
export interface StoredPayment {
  orderId: string;
  captured: number;
  capturable: number;
  refunded: number;
  /** The ids of its refunds that are made or in progress: our own, and the provider's of those that somebody else has made. */
  refundIds: string[];
  /** The provider's ids of refunds that somebody else has made, and that have failed. */
  failedRefundIds: string[];
  /** The money of refunds that are in progress. */
  refunding: number;
  /** What has gone back by no refund of the order: the payment was reversed. */
  reversed: number;
}

/** A parked step, and the workflow that waits for the operator's decision. */
export interface ParkedStepView extends AttentionView {
  workflowId: string;
}

/** A refund or a capture. */
export interface RecordedOperation {
  requestHash: string;
  status: 'pending' | Settlement;
  /** Its workflow waits for an operator. */
  isParked: boolean;
}

export interface OrderReader {
  find(orderId: string): Promise<StoredOrder | undefined>;
  /** Newest first. */
  list(filter: OrderFilter): Promise<OrderView[]>;
  /** The newest orders of a client, newest first, without personal data. */
  recent(clientId: string, limit: number): Promise<RecentOrder[]>;
  /** Returns the steps of an order that wait for an operator, oldest first. */
  parked(orderId: string): Promise<ParkedStepView[]>;
  /** Returns what is recorded of a payment of the provider; `undefined` if it is not recorded. */
  payment(paymentIntentId: string): Promise<StoredPayment | undefined>;
  /** Finds a refund or a capture by its id. */
  operation(id: string): Promise<RecordedOperation | undefined>;
  /** Returns the events after `afterSequence`, oldest first. */
  events(orderId: string, afterSequence?: number): Promise<OrderEvent[]>;
}

/** Of an item, so many of its newest reservations at each location are searched. */
const MAX_SEARCHED_RESERVATIONS = 10_000;

/**
 * The ids of the orders that a text may mean. Each part reads an index. The movements of an item are in the order of their time, so the
 * reservations of a popular item need not all be read. An array, so that the planner looks the orders up by their key.
 */
const searched = (q: string, orderOfKey: string): string => `array(
  select order_id from orders where order_id in (${q}, ${orderOfKey})
   union select order_id from payments where payment_intent_id = ${q}
   union select order_id from shipments where tracking_code = ${q}
   union select order_id from returns where tracking_code = ${q}
   union select m.order_id from locations l
         cross join lateral (select order_id from stock_movements
                              where sku = ${q} and location_id = l.location_id and order_id is not null
                              order by movement_id desc limit ${MAX_SEARCHED_RESERVATIONS}) m)`;

/** The limit makes the planner use one lookup in the primary key for each order, also if the plan was made while the table was small. */
const FIND_ORDERS = `
  select ${ORDER_COLUMNS}
    from unnest($1::text[]) as wanted (order_id)
   cross join lateral (select * from orders where orders.order_id = wanted.order_id limit 1) o`;

export function createOrderReader(pool: Pool, trace?: SharedTrace): OrderReader {
  async function findAll(orderIds: string[]): Promise<(StoredOrder | undefined)[]> {
    const { rows } = await pool.query<OrderRow>({
      name: 'find_orders',
      text: FIND_ORDERS,
      values: [orderIds],
    });
    const found = new Map(rows.map((row) => [row.order_id, row]));
    return orderIds.map((orderId) => {
      const row = found.get(orderId);
      return row && { clientId: row.client_id, requestHash: row.request_hash, view: toOrderView(row) };
    });
  }

  return {
    find: batchedRead(findAll, trace),

    async list({ clientId, status, email, q, orderOfKey, attention, limit, cursor }) {
      const values: unknown[] = [clientId];
      const bind = (value: unknown) => `$${values.push(value)}`;
      const conditions = ['o.client_id = $1'];
      if (status !== undefined) conditions.push(`o.status = ${bind(status)}`);
      if (email !== undefined) conditions.push(`lower(o.customer_email) = lower(${bind(email)})`);
      if (q !== undefined) conditions.push(`o.order_id = any(${searched(bind(q), bind(orderOfKey ?? q))})`);
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
      return rows.map(toOrderView);
    },

    async recent(clientId, limit) {
      const { rows } = await pool.query<{ order: RecentOrder }>({
        name: 'recent_orders',
        text: `select json_build_object('orderId', order_id, 'status', status, 'total', total, 'currency', currency,
                        'updatedAt', iso_time(updated_at)) as order
                 from orders where client_id = $1 order by created_at desc, order_id desc limit $2`,
        values: [clientId, limit],
      });
      return rows.map(({ order }) => order);
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

    async payment(paymentIntentId) {
      const { rows } = await pool.query<{ payment: StoredPayment }>({
        name: 'payment',
        text: `select jsonb_build_object('orderId', p.order_id, 'captured', p.captured, 'capturable', p.capturable,
                        'refunded', p.refunded, 'refunding', pending_refunds(p.order_id),
                        'reversed', p.refunded - settled_refunds(p.order_id, p.attempt),
                        'refundIds', (select coalesce(jsonb_agg(coalesce(r.provider_refund_id, r.refund_id)), '[]')
                                        from refunds r where r.order_id = p.order_id and r.status <> 'skipped'),
                        'failedRefundIds', (select coalesce(jsonb_agg(r.provider_refund_id), '[]') from refunds r
                                             where r.order_id = p.order_id and r.status = 'skipped' and r.provider_refund_id is not null))
                        as payment
                 from payments p where p.payment_intent_id = $1`,
        values: [paymentIntentId],
      });
      return rows[0]?.payment;
    },

    async operation(id) {
      const { rows } = await pool.query<RecordedOperation>({
        name: 'find_operation',
        text: `select request_hash as "requestHash", status,
                      exists (select 1 from parked_steps a where a.order_id = o.order_id and a.workflow_id = $2) as "isParked"
                 from (select order_id, request_hash, status from refunds where refund_id = $1
                       union all
                       select order_id, request_hash, status from captures where capture_id = $1) o`,
        values: [id, operationWorkflowId(id)],
      });
      return rows[0];
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
