import { RESPOND_TO_DISPUTE } from '../../contracts/dispute-states.ts';
import type { RecentOrder } from '../../contracts/http/board.ts';
import type { Actor } from '../../contracts/actor.ts';
import { operationWorkflowId } from '../../contracts/temporal/names.ts';
import { MAX_EXACT_COUNT, type OrderCount } from '../../contracts/http/order-lists.ts';
import type { Settlement } from '../../contracts/temporal/operations.ts';
import type { AttentionView, OrderEvent, OrderView } from '../../contracts/http/order.ts';
import { CARRY_STEP } from './order-carriers.ts';
import type { SharedTrace } from '../../contracts/ports/tracing.ts';
import { batchedRead } from './batched-read.ts';
import { conditionOf, type OrderConditions } from './order-conditions.ts';
import { ORDER_COLUMNS, PARKED_STEP, toOrderView, type OrderRow } from './order-row.ts';
import type { Pool } from './pool.ts';

export interface OrderFilter extends OrderConditions {
  /** Default: newest first. */
  sort?: 'newest' | 'oldest';
  limit: number;
  cursor?: OrderCursor;
}

/** Which orders a batch takes. */
export interface OrderIdFilter extends Omit<OrderConditions, 'email'> {
  limit: number;
  /** The orders of a queue of the board. */
  queue?: 'attention' | 'review' | 'carrier-lost';
  /** Orders with a step that is parked for this cause: see SQL function `parked_step_of_batch`. */
  cause?: { step?: string; code?: string };
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
  list(filter: OrderFilter): Promise<OrderView[]>;
  /** Counts exactly up to 10,000, and estimates beyond. */
  count(wanted: OrderConditions): Promise<OrderCount>;
  /** The ids of the orders that match, oldest first: whoever has waited longest has the first turn of a batch. */
  ids(filter: OrderIdFilter): Promise<string[]>;
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

/** As the board counts its queues: see `queue-reader.ts`. */
const QUEUE_CONDITIONS: Readonly<Record<NonNullable<OrderIdFilter['queue']>, string>> = {
  attention: `exists (select 1 from parked_steps a where a.order_id = o.order_id
                       and a.step not in ('${CARRY_STEP}', '${RESPOND_TO_DISPUTE}'))`,
  review: `o.status = 'in_review'`,
  'carrier-lost': `exists (select 1 from parked_steps a where a.order_id = o.order_id and a.step = '${CARRY_STEP}')`,
};

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

    async list({ sort = 'newest', limit, cursor, ...wanted }) {
      const values: unknown[] = [];
      const bind = (value: unknown) => `$${values.push(value)}`;
      const conditions = [conditionOf(wanted, bind)];
      const [direction, after] = sort === 'newest' ? ['desc', '<'] : ['asc', '>'];
      if (cursor) {
        conditions.push(
          `(o.created_at, o.order_id) ${after} (${bind(cursor.createdAt)}::timestamptz, ${bind(cursor.orderId)})`,
        );
      }
      const text = `select ${ORDER_COLUMNS} from orders o where ${conditions.join(' and ')}
        order by o.created_at ${direction}, o.order_id ${direction} limit ${bind(limit)}`;
      const { rows } = await pool.query<OrderRow>(text, values);
      return rows.map(toOrderView);
    },

    async count(wanted) {
      const values: unknown[] = [];
      const condition = conditionOf(wanted, (value) => `$${values.push(value)}`);
      const { rows } = await pool.query<{ count: number }>(
        `select count(*)::integer as count from (select 1 from orders o where ${condition} limit ${MAX_EXACT_COUNT + 1}) found`,
        values,
      );
      const count = rows[0]?.count ?? 0;
      if (count <= MAX_EXACT_COUNT) return { count, isEstimate: false };
      const { rows: plans } = await pool.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
        `explain (format json) select 1 from orders o where ${condition}`,
        values,
      );
      const estimate = plans[0]?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
      return { count: Math.max(MAX_EXACT_COUNT + 1, Math.round(estimate)), isEstimate: true };
    },

    async ids({ limit, queue, cause, ...filter }) {
      const values: unknown[] = [];
      const bind = (value: unknown) => `$${values.push(value)}`;
      const conditions = [conditionOf(filter, bind)];
      if (queue !== undefined) conditions.push(QUEUE_CONDITIONS[queue]);
      if (cause) {
        const [step, code] = [bind(cause.step ?? null), bind(cause.code ?? null)];
        conditions.push(
          `exists (select 1 from parked_steps a where a.order_id = o.order_id
             and (${step}::text is null or split_part(a.step, ' ', 1) = ${step})
             and (${code}::text is null or reason_code(a.reason) = ${code}))`,
        );
      }
      const { rows } = await pool.query<{ order_id: string }>(
        `select o.order_id from orders o where ${conditions.join(' and ')}
          order by o.created_at, o.order_id limit ${bind(limit)}`,
        values,
      );
      return rows.map(({ order_id }) => order_id);
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
        actor: Actor | null;
        reason: string | null;
      }>({
        name: 'order_events',
        text: `select sequence, type, data, occurred_at, actor, reason from order_events
                where order_id = $1 and sequence > $2 order by sequence`,
        values: [orderId, afterSequence],
      });
      return rows.map((row) => ({
        id: `${orderId}/${row.sequence}`,
        sequence: row.sequence,
        type: row.type,
        occurredAt: row.occurred_at.toISOString(),
        ...(row.actor && { actor: row.actor }),
        ...(row.reason !== null && { reason: row.reason }),
        data: row.data,
      }));
    },
  };
}
