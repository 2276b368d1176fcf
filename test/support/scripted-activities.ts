import type {
  GroupActivities,
  NotificationActivities,
  PaymentActivities,
} from '../../src/contracts/temporal/activities.ts';
import type { OrderResult } from '../../src/contracts/temporal/checkout.ts';
import type { LedgerActivities } from '../../src/contracts/temporal/ledger-steps.ts';

type Activities = LedgerActivities & PaymentActivities & GroupActivities & NotificationActivities;
type Name = keyof Activities;
type Asked<K extends Name> = Parameters<Activities[K]>[0][number];

/** Each call of an activity takes the next line of its script; when that is used up, the last one again. */
export type Script = { [K in Name]?: Activities[K][] };

/** What an order has seen. */
export interface Performance {
  /** The activities in the order in which they ran. */
  calls: string[];
  /** Those that left. */
  mails: string[];
  /** What an activity was asked, oldest first. */
  asked: <K extends Name>(name: K) => Asked<K>[];
  /** How often an activity ran. */
  count: (name: Name) => number;
}

interface Rehearsed {
  calls: string[];
  mails: string[];
  script: Script;
  taken: { name: Name; items: unknown[] }[];
}

/** Activities that do for each order what its script says. */
export function scriptedActivities(): {
  activities: Activities;
  rehearse(orderId: string, script: Script): Performance;
} {
  const orders = new Map<string, Rehearsed>();

  function play<K extends Name>(name: K, byDefault: Activities[K]): Activities[K] {
    const run = (items: { orderId: string }[]): unknown => {
      const order = orders.get(items[0]?.orderId ?? '');
      if (!order) throw new Error('an activity for an order that nobody rehearsed');
      order.calls.push(name);
      const lines = order.script[name] ?? [byDefault];
      const index = Math.min(order.taken.filter((taken) => taken.name === name).length, lines.length - 1);
      order.taken.push({ name, items });
      return ((lines[index] ?? byDefault) as (items: unknown[]) => unknown)(items);
    };
    return run as Activities[K];
  }

  const answer = (orderId: string, status: OrderResult['status']): OrderResult => ({
    orderId,
    status,
    total: 1_000,
    currency: 'EUR',
  });
  const each =
    <T, R>(outcome: (item: T) => R) =>
    (items: T[]): Promise<R[]> =>
      Promise.resolve(items.map(outcome));

  const activities: Activities = {
    reserveStock: play(
      'reserveStock',
      each(({ orderId }) => answer(orderId, 'reserved')),
    ),
    releaseStock: play(
      'releaseStock',
      each(({ orderId, status }) => answer(orderId, status)),
    ),
    confirmOrder: play(
      'confirmOrder',
      each(({ orderId }) => answer(orderId, 'paid')),
    ),
    abandonOrder: play(
      'abandonOrder',
      each(({ orderId }) => answer(orderId, 'reserved')),
    ),
    recordWaiting: play(
      'recordWaiting',
      each(({ orderId, status }) => answer(orderId, status)),
    ),
    chargePayment: play(
      'chargePayment',
      each(({ orderId, amount }) => ({
        orderId,
        status: 'succeeded',
        paymentIntentId: 'pi_1',
        captured: amount,
      })),
    ),
    settleCharges: play(
      'settleCharges',
      each(({ orderId }) => ({ orderId, status: 'paid' })),
    ),
    retrievePayment: play(
      'retrievePayment',
      each(({ orderId, paymentIntentId }) => ({ orderId, status: 'requires_action', paymentIntentId })),
    ),
    voidPayment: play(
      'voidPayment',
      each(({ orderId, paymentIntentId }) => ({ orderId, status: 'cancelled', paymentIntentId })),
    ),
    refundPayment: play(
      'refundPayment',
      each(({ orderId, amount }) => ({ orderId, refunded: amount })),
    ),
    capturePayment: play(
      'capturePayment',
      each(({ orderId, amount }) => ({ orderId, status: 'captured', captured: amount, capturable: 0 })),
    ),
    recordReview: play(
      'recordReview',
      each(({ orderId, status }) => answer(orderId, status)),
    ),
    parkStep: play(
      'parkStep',
      each(({ orderId }) => answer(orderId, 'reserved')),
    ),
    resolveStep: play(
      'resolveStep',
      each(({ orderId }) => answer(orderId, 'reserved')),
    ),
    beginRefund: play(
      'beginRefund',
      each(({ orderId, refundId, requestHash, amount = 1_000 }) => ({
        orderId,
        requestHash,
        refundId,
        outcome: 'booked',
        number: 1,
        amount,
        paymentIntentId: 'pi_1',
        status: 'pending',
      })),
    ),
    finishRefund: play(
      'finishRefund',
      each(({ orderId }) => answer(orderId, 'paid')),
    ),
    beginCancellation: play(
      'beginCancellation',
      each(({ orderId }) => ({
        orderId,
        outcome: 'begun',
        orderStatus: 'paid',
        paymentIntentId: 'pi_1',
        capturable: 0,
        refund: { refundId: `${orderId}/cancellation`, amount: 1_000 },
      })),
    ),
    finishCancellation: play(
      'finishCancellation',
      each(({ orderId }) => answer(orderId, 'cancelled')),
    ),
    beginCapture: play(
      'beginCapture',
      each(({ orderId, captureId, requestHash, amount = 1_000 }) => ({
        orderId,
        requestHash,
        captureId,
        outcome: 'booked',
        amount,
        final: true,
        status: 'pending',
        payment: { attempt: 1, paymentIntentId: 'pi_1', captured: 0, capturable: 1_000 },
        order: { currency: 'EUR', paymentMethod: 'pm_card_visa', placedAt: '2026-01-01T00:00:00.000Z' },
      })),
    ),
    finishCapture: play(
      'finishCapture',
      each(({ orderId }) => answer(orderId, 'paid')),
    ),
    renewAuthorization: play(
      'renewAuthorization',
      each(({ orderId }) => answer(orderId, 'paid')),
    ),
    finishReturnedRefund: play(
      'finishReturnedRefund',
      each(({ orderId }) => answer(orderId, 'cancelled')),
    ),
    isLatePayment: play(
      'isLatePayment',
      each(() => true),
    ),
    recordLatePayment: play(
      'recordLatePayment',
      each(({ orderId }) => answer(orderId, 'expired')),
    ),
    notify: play('notify', (requests) => {
      for (const { orderId, kind } of requests) orders.get(orderId)?.mails.push(kind);
      return Promise.resolve(requests.map((request) => ({ ...request, status: 'sent' as const })));
    }),
  };
  return {
    activities,
    rehearse(orderId, script) {
      const order: Rehearsed = { calls: [], mails: [], script, taken: [] };
      orders.set(orderId, order);
      const { calls, mails, taken } = order;
      return {
        calls,
        mails,
        asked: <K extends Name>(name: K) =>
          taken.filter((each) => each.name === name).flatMap(({ items }) => items as Asked<K>[]),
        count: (name) => taken.filter((each) => each.name === name).length,
      };
    },
  };
}
