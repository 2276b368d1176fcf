import type { OrderStages, ReadOrderStages } from '../adapters/postgres/order-stages.ts';
import { DISPUTE_OUTCOMES } from '../contracts/dispute-states.ts';
import { EVENT_TYPES } from '../contracts/messages.ts';
import type { OutboxEvent } from '../contracts/ports/event-destination.ts';
import { FAILED_STATUSES } from '../contracts/order-status.ts';
import type { Families } from './families.ts';

export const OUTCOMES: readonly string[] = ['paid', ...FAILED_STATUSES];
/** `returned`: it had succeeded, and failed later. `late_payment`: of money that came after the order had ended. */
export const REFUND_RESULTS = ['succeeded', 'resolved', 'skipped', 'returned', 'late_payment'] as const;
export const CAPTURE_RESULTS = ['succeeded', 'resolved', 'skipped'] as const;
export const DISPUTE_RESULTS: readonly string[] = ['opened', ...DISPUTE_OUTCOMES, 'other'];

/** Decided orders whose stages have not been read yet. Beyond this number they are not measured, only counted. */
const MAX_WAITING_ORDERS = 5_000;
/** The event of an outcome that is so much younger than the first outcome of the order is a later one. Milliseconds. */
const SAME_OUTCOME_MS = 1_000;

export interface OrderObserver {
  /** Counts what has happened to orders. Never throws, and nobody waits for what it reads. */
  observe(events: readonly OutboxEvent[]): void;
}

interface Decision {
  readonly orderId: string;
  readonly outcome: string;
  readonly at: number;
}

/** Counts orders by their events, which one process of the installation hears once each: the one that starts fulfilments. */
export function createOrderObserver(
  families: Families,
  readStages: ReadOrderStages,
  onError: () => void,
): OrderObserver {
  const { events: eventCount, ordersPlaced, orders, orderAmount, orderUnits, stages } = families;
  const reserve = stages.labels({ stage: 'reserve' });
  const charge = stages.labels({ stage: 'charge' });
  const decision = stages.labels({ stage: 'decision' });
  for (const outcome of OUTCOMES) orders.inc({ outcome }, 0);
  for (const result of REFUND_RESULTS) families.refunds.inc({ result }, 0);
  for (const result of CAPTURE_RESULTS) families.captures.inc({ result }, 0);
  for (const result of DISPUTE_RESULTS) families.disputes.inc({ result }, 0);
  for (const state of ['low', 'out']) families.stockAlerts.inc({ state }, 0);
  let waiting: Decision[] = [];
  let reading = false;

  async function readWaiting(): Promise<void> {
    if (reading) return;
    reading = true;
    while (waiting.length > 0) {
      const decided = waiting;
      waiting = [];
      try {
        const found = await readStages(decided.map(({ orderId }) => orderId));
        const byOrder = new Map(found.map((each) => [each.orderId, each]));
        for (const each of decided) measure(each, byOrder.get(each.orderId));
      } catch {
        onError();
      }
    }
    reading = false;
  }

  function measure({ outcome, at }: Decision, order: OrderStages | undefined): void {
    // An order that was paid and is cancelled later was measured when it was paid.
    if (!order || at - order.decidedAt.getTime() > SAME_OUTCOME_MS) return;
    orderUnits.inc({ outcome }, order.units);
    decision.observe(order.decidedMs / 1_000);
    if (order.reservedMs === null) return;
    reserve.observe(order.reservedMs / 1_000);
    if (outcome === 'paid') charge.observe((order.decidedMs - order.reservedMs) / 1_000);
  }

  function observeOne({ orderId, type, data, occurredAt }: OutboxEvent): void {
    const name = shortNameOf(type);
    const event = name.slice(name.indexOf('.') + 1);
    if (name.startsWith('stock.')) {
      families.stockAlerts.inc({ state: event });
      return;
    }
    if (event === 'placed') ordersPlaced.inc();
    if (OUTCOMES.includes(event)) {
      orders.inc({ outcome: event });
      orderAmount.inc({ outcome: event, currency: currencyOf(data) }, amountOf(data['total']));
      if (waiting.length < MAX_WAITING_ORDERS)
        waiting.push({ orderId, outcome: event, at: occurredAt.getTime() });
    }
    const { refund, capture, dispute } = data;
    if (isRecord(refund)) countRefund(event, refund, data);
    if (isRecord(capture)) countCapture(event, capture, data);
    if (isRecord(dispute)) countDispute(event, dispute);
  }

  function countRefund(event: string, refund: Record<string, unknown>, data: OutboxEvent['data']): void {
    const result = refundResultOf(event, refund);
    if (!result) return;
    families.refunds.inc({ result });
    if (result === 'succeeded' || result === 'resolved' || result === 'late_payment')
      families.refundedAmount.inc({ currency: currencyOf(data) }, amountOf(refund['amount']));
  }

  function countCapture(event: string, capture: Record<string, unknown>, data: OutboxEvent['data']): void {
    if (event === 'capture_skipped') families.captures.inc({ result: 'skipped' });
    if (event !== 'captured') return;
    families.captures.inc({ result: capture['status'] === 'resolved' ? 'resolved' : 'succeeded' });
    families.capturedAmount.inc({ currency: currencyOf(data) }, amountOf(capture['amount']));
  }

  function countDispute(event: string, dispute: Record<string, unknown>): void {
    if (event === 'dispute_created') {
      families.disputes.inc({ result: 'opened' });
      families.disputedAmount.inc({ currency: currencyOf(dispute) }, amountOf(dispute['amount']));
    }
    if (event !== 'dispute_closed') return;
    const outcome = String(dispute['outcome']);
    families.disputes.inc({ result: DISPUTE_RESULTS.includes(outcome) ? outcome : 'other' });
  }

  return {
    observe(events) {
      const counts = new Map<string, number>();
      for (const event of events) {
        counts.set(event.type, (counts.get(event.type) ?? 0) + 1);
        observeOne(event);
      }
      for (const [type, count] of counts) eventCount.inc({ type: shortNameOf(type) }, count);
      void readWaiting();
    },
  };
}

function refundResultOf(
  event: string,
  { status }: Record<string, unknown>,
): (typeof REFUND_RESULTS)[number] | undefined {
  switch (event) {
    case 'refunded':
    case 'partially_refunded':
      return status === 'resolved' ? 'resolved' : 'succeeded';
    case 'payment_reconciled':
      return 'succeeded';
    case 'refund_skipped':
      return 'skipped';
    case 'refund_failed':
      return 'returned';
    case 'late_payment_refunded':
      return 'late_payment';
    default:
      return undefined;
  }
}

const SHORT_NAMES: ReadonlyMap<string, string> = new Map(
  EVENT_TYPES.map((type) => [type, type.replace(/^com\.durable-checkout\./, '').replace(/\.v\d+$/, '')]),
);

/** `order.paid` of `com.durable-checkout.order.paid.v1`. A newer release may have types that this one does not know. */
const shortNameOf = (type: string): string => SHORT_NAMES.get(type) ?? 'other';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const amountOf = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0);

const currencyOf = ({ currency }: Readonly<Record<string, unknown>>): string =>
  typeof currency === 'string' && /^[A-Z]{3}$/.test(currency) ? currency : 'other';
