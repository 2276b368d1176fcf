import type { OrderStatus } from '../../contracts/order-status.ts';

/** Which orders of a client are meant. Times are as ISO 8601. */
export interface OrderConditions {
  clientId: string;
  status?: OrderStatus;
  email?: string;
  /** The id of an order, or its beginning; the id of a PaymentIntent, a tracking code, or a SKU. */
  q?: string;
  /** The order whose idempotency key `q` may be. */
  orderOfKey?: string;
  /** Whether a step of the order waits for an operator. */
  attention?: boolean;
  /** Whether an authorisation of the order ends soon and is not captured. */
  holdEndsSoon?: boolean;
  createdAfter?: string;
  /** Placed within the last so many seconds. */
  withinSeconds?: number;
  createdBefore?: string;
}

/** An authorisation that ends within this time is in the queue `holds`. */
export const HOLD_WARNING = '48 hours';

/** Of an item, so many of its newest reservations at each location are searched. */
const MAX_SEARCHED_RESERVATIONS = 10_000;

/** What lists show of an id, and more: so few orders begin with it. */
const ORDER_ID_BEGINNING = /^ord_[0-9a-hjkmnp-tv-z]{4,31}$/;
/** An id has 32 letters and digits after `ord_`, of which `z` is the last. */
const LAST_ENDING = 'z'.repeat(32);
const MAX_ORDERS_OF_BEGINNING = 1_000;

/** The orders whose ids begin with `q`, by the index of ids, whatever the collation of the database is. */
const beginningWith = (q: string): string => `
   union (select order_id from orders
           where order_id between ${q} and ${q} || '${LAST_ENDING}' and starts_with(order_id, ${q})
           limit ${MAX_ORDERS_OF_BEGINNING})`;

/**
 * The ids of the orders that a text may mean. Each part reads an index. The movements of an item are in the order of their time, so the
 * reservations of a popular item need not all be read. An array, so that the planner looks the orders up by their key.
 */
const searched = (q: string, orderOfKey: string, isBeginning: boolean): string => `array(
  select order_id from orders where order_id in (${q}, ${orderOfKey})${isBeginning ? beginningWith(q) : ''}
   union select order_id from payments where payment_intent_id = ${q}
   union select order_id from shipments where tracking_code = ${q}
   union select order_id from returns where tracking_code = ${q}
   union select m.order_id from locations l
         cross join lateral (select order_id from stock_movements
                              where sku = ${q} and location_id = l.location_id and order_id is not null
                              order by movement_id desc limit ${MAX_SEARCHED_RESERVATIONS}) m)`;

/** The ids of few orders, of which an index has only these: the planner looks the orders up by their key. */
const HOLDS = `array(select order_id from payments where capturable > 0 and capture_before < now() + interval '${HOLD_WARNING}')`;

/**
 * A condition of SQL on the order `o`.
 *
 * @param bind adds a value, and returns its placeholder
 */
export function conditionOf(wanted: OrderConditions, bind: (value: unknown) => string): string {
  const {
    clientId,
    status,
    email,
    q,
    orderOfKey,
    attention,
    holdEndsSoon,
    createdAfter,
    withinSeconds,
    createdBefore,
  } = wanted;
  const conditions = [`o.client_id = ${bind(clientId)}`];
  if (status !== undefined) conditions.push(`o.status = ${bind(status)}`);
  if (email !== undefined) conditions.push(`lower(o.customer_email) = lower(${bind(email)})`);
  if (q !== undefined)
    conditions.push(
      `o.order_id = any(${searched(bind(q), bind(orderOfKey ?? q), ORDER_ID_BEGINNING.test(q))})`,
    );
  if (attention !== undefined) {
    conditions.push(
      `${attention ? '' : 'not '}exists (select 1 from parked_steps a where a.order_id = o.order_id)`,
    );
  }
  if (holdEndsSoon !== undefined)
    conditions.push(holdEndsSoon ? `o.order_id = any(${HOLDS})` : `o.order_id <> all(${HOLDS})`);
  if (createdAfter !== undefined) conditions.push(`o.created_at >= ${bind(createdAfter)}::timestamptz`);
  if (withinSeconds !== undefined)
    conditions.push(`o.created_at >= now() - make_interval(secs => ${bind(withinSeconds)})`);
  if (createdBefore !== undefined) conditions.push(`o.created_at < ${bind(createdBefore)}::timestamptz`);
  return conditions.join(' and ');
}
