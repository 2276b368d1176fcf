import type { SandboxClient } from '../../harness/sandbox-client.ts';
import type { Pool } from '../../src/adapters/postgres/pool.ts';

/** An error in the records, and the rules that find it. */
export interface Defect {
  readonly what: string;
  readonly rules: readonly string[];
  /** Changes the records of an order. Its payment has the id `pi_` and that of the order. */
  make?: (place: DefectPlace) => Promise<unknown>;
  /** The provider has no payment of the order. */
  readonly isMissing?: true;
}

interface DefectPlace {
  readonly orderId: string;
  readonly sandbox: SandboxClient;
  /** Changes rows as our own code would not. `$1` is the order. */
  sql: (text: string) => Promise<unknown>;
}

const charge = ({ sandbox }: DefectPlace, orderId: string, method = 'pm_card_visa'): Promise<unknown> =>
  sandbox.stripe.paymentIntents.create({
    ...{ amount: 1_000, currency: 'eur', payment_method: method, confirm: true },
    metadata: { order_id: orderId },
  });
const refund = ({ sandbox, orderId }: DefectPlace, metadata: Record<string, string> = {}): Promise<unknown> =>
  sandbox.stripe.refunds.create({ payment_intent: `pi_${orderId}`, amount: 400, metadata });
const insertRefund = (status: string): string => `
  insert into refunds (refund_id, order_id, number, kind, attempt, payment_intent_id, amount, request_hash, status)
  values ($1 || '/refund/1', $1, 1, 'requested', 1, 'pi_' || $1, 400, '', '${status}')`;

export const DEFECTS: readonly Defect[] = [
  {
    what: 'another captured amount',
    rules: ['paid_without_money', 'captured_differs'],
    make: ({ sql }) => sql(`update payments set captured = 999 where order_id = $1`),
  },
  {
    what: 'another currency',
    rules: ['currency_differs'],
    make: ({ sql }) => sql(`update payments set currency = 'USD' where order_id = $1`),
  },
  {
    what: 'a lost event',
    rules: ['events_sequence'],
    make: ({ sql }) => sql(`delete from order_events where order_id = $1 and sequence = 2`),
  },
  {
    what: 'a status without an event',
    rules: ['events_status'],
    make: ({ sql }) => sql(`update orders set status = 'shipped' where order_id = $1`),
  },
  {
    what: 'a lost mail',
    rules: ['mail_missing'],
    make: ({ sql }) => sql(`delete from mails where order_id = $1 and kind = 'paid'`),
  },
  {
    what: 'a mail that was not sent',
    rules: ['mail_unsent'],
    make: ({ sql }) => sql(`update mails set status = 'failed' where order_id = $1 and kind = 'paid'`),
  },
  {
    what: 'a reservation of more than was ordered',
    rules: ['stock_sold', 'reservation_quantity'],
    make: ({ sql }) => sql(`update reservations set quantity = 2 where order_id = $1`),
  },
  {
    what: 'the id of another payment',
    rules: ['charged_twice', 'payment_not_at_provider', 'payment_unknown_here'],
    make: ({ sql }) => sql(`update payments set payment_intent_id = 'pi_lost' where order_id = $1`),
  },
  {
    what: 'a parked step without its workflow',
    rules: ['parked_without_workflow'],
    make: ({ sql }) =>
      sql(`insert into parked_steps (order_id, workflow_id, step, reason, attempts, actions)
           values ($1, 'order/' || $1 || '/refund/9', 'refundPayment', 'x', 1, '{}')`),
  },
  {
    what: 'a pending refund without its workflow',
    rules: ['refund_pending'],
    make: ({ sql }) => sql(insertRefund('pending')),
  },
  { what: 'a payment that the provider does not know', rules: ['payment_not_at_provider'], isMissing: true },
  {
    what: 'a refund that somebody has made at the provider',
    rules: ['refunded_differs', 'refund_unknown_here'],
    make: (place) => refund(place),
  },
  {
    what: 'a second payment',
    rules: ['charged_twice', 'payment_unknown_here'],
    make: (place) => charge(place, place.orderId),
  },
  {
    what: 'a payment under another order',
    rules: ['payment_order_differs'],
    make: ({ sandbox, orderId }) =>
      sandbox.stripe.paymentIntents.update(`pi_${orderId}`, { metadata: { order_id: nobody('a') } }),
  },
  {
    what: 'a payment for an order that does not exist',
    rules: ['payment_without_order'],
    make: (place) => charge(place, nobody('b')),
  },
  {
    what: 'a refund that the provider has not made',
    rules: ['refunded_differs', 'refund_not_at_provider', 'mail_missing'],
    async make({ sql }) {
      await sql(insertRefund('succeeded'));
      await sql('update payments set refunded = 400 where order_id = $1');
    },
  },
  {
    what: 'a payment that could still succeed',
    rules: ['payment_could_succeed'],
    make: (place) => charge(place, place.orderId, 'pm_card_authenticationRequired'),
  },
  {
    what: 'an authorisation that the provider has captured',
    rules: ['captured_differs', 'authorized_differs'],
    make: ({ sql }) =>
      sql(`update payments set captured = 0, capturable = 1000, status = 'authorized' where order_id = $1`),
  },
  {
    what: 'a refund that an operator has skipped, and that the provider has made',
    rules: ['refunded_differs'],
    async make(place) {
      await place.sql(insertRefund('skipped'));
      await place.sql(`update payments set settled_by_hand = 'skip', vouched_kept = 400 where order_id = $1`);
      await refund(place, { order_id: place.orderId, refund_id: `${place.orderId}/refund/1` });
    },
  },
  {
    what: 'a piece that no movement has taken',
    rules: ['stock_sum'],
    make: ({ sql }) =>
      sql(`update stock_levels set available = available - 1
            where sku = (select sku from reservations where order_id = $1) and location_id = 'default'`),
  },
];

const nobody = (letter: string): string => `ord_${letter.repeat(32)}`;

/** Each defect has an order of its own, evenly among all. */
const orderNumber = (index: number, orders: number): number =>
  Math.floor(((index + 1) * orders) / (DEFECTS.length + 1));

/** The numbers of the orders whose payments the provider does not know. */
export const missingPayments = (orders: number): number[] =>
  DEFECTS.flatMap(({ isMissing }, index) => (isMissing ? orderNumber(index, orders) : []));

/** Makes the defects in a shop of so many orders of the past, and at its provider. */
export async function makeDefects(pool: Pool, sandbox: SandboxClient, orders: number): Promise<void> {
  const client = await pool.connect();
  try {
    // The sweep would restart the operations whose workflows are missing before the audit comes to them.
    await client.query(
      `update carrier_sweeps set lease = 'audit', leased_until = clock_timestamp() + interval '1 day'`,
    );
    // Without the triggers that refuse a change of status.
    await client.query('set session_replication_role = replica');
    for (const [index, { make }] of DEFECTS.entries()) {
      const orderId = `ord_history${String(orderNumber(index, orders)).padStart(25, '0')}`;
      await make?.({ orderId, sandbox, sql: (text) => client.query(text, [orderId]) });
    }
  } finally {
    client.release(true);
  }
}
