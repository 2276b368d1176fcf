import type {
  GroupActivities,
  NotificationActivities,
  PaymentActivities,
} from '../../src/contracts/temporal/activities.ts';
import type { OrderResult } from '../../src/contracts/temporal/checkout.ts';
import type { LedgerActivities } from '../../src/contracts/temporal/ledger-steps.ts';

type Activities = LedgerActivities & PaymentActivities & GroupActivities & NotificationActivities;
type Name = keyof Activities;
type RequestOf<K extends Name> = Parameters<Activities[K]>[0][number];

/** What each activity does, call by call. When its list is used up, the last entry is used again. */
export type Script = { [K in Name]?: Activities[K][] };

/** What the activities of one order were called with. */
export interface Observed {
  /** The names of the activities in the sequence in which they ran. */
  calls: string[];
  /** The kinds of the mails that were sent. */
  mails: string[];
  /** The requests that an activity was called with, oldest first. */
  requests: <K extends Name>(name: K) => RequestOf<K>[];
  /** How often an activity ran. */
  count: (name: Name) => number;
}

interface PreparedOrder {
  calls: string[];
  mails: string[];
  script: Script;
  called: { name: Name; items: unknown[] }[];
}

/** Activities that behave for each order as its script says. */
export function scriptedActivities(): {
  activities: Activities;
  prepare(orderId: string, script: Script): Observed;
} {
  const orders = new Map<string, PreparedOrder>();

  function scripted<K extends Name>(name: K, byDefault: Activities[K]): Activities[K] {
    const run = (items: { orderId?: string }[]): unknown => {
      const order = orders.get(items[0]?.orderId ?? '');
      if (!order) throw new Error(`There is no script for the order of ${name}; prepare it first`);
      order.calls.push(name);
      const behaviours = order.script[name] ?? [byDefault];
      const index = Math.min(order.called.filter((call) => call.name === name).length, behaviours.length - 1);
      order.called.push({ name, items });
      return ((behaviours[index] ?? byDefault) as (items: unknown[]) => unknown)(items);
    };
    return run as Activities[K];
  }

  const orderResult = (orderId: string, status: OrderResult['status']): OrderResult => ({
    orderId,
    status,
    total: 1_000,
    currency: 'EUR',
  });
  const each =
    <T, R>(outcome: (item: T) => R) =>
    (items: T[]): Promise<R[]> =>
      Promise.resolve(items.map(outcome));

  const readDisputes = scripted(
    'readDisputes',
    each((payment) => ({ ...payment, asOf: '2026-01-01T00:00:00.000Z', disputes: [] })),
  );
  const activities: Activities = {
    reserveStock: scripted(
      'reserveStock',
      each(({ orderId }) => orderResult(orderId, 'reserved')),
    ),
    releaseStock: scripted(
      'releaseStock',
      each(({ orderId, status }) => orderResult(orderId, status)),
    ),
    confirmOrder: scripted(
      'confirmOrder',
      each(({ orderId }) => orderResult(orderId, 'paid')),
    ),
    abandonOrder: scripted(
      'abandonOrder',
      each(({ orderId }) => orderResult(orderId, 'reserved')),
    ),
    recordWaiting: scripted(
      'recordWaiting',
      each(({ orderId, status }) => orderResult(orderId, status)),
    ),
    chargePayment: scripted(
      'chargePayment',
      each(({ orderId, amount }) => ({
        orderId,
        status: 'succeeded',
        paymentIntentId: 'pi_1',
        captured: amount,
      })),
    ),
    awaitProvider: scripted(
      'awaitProvider',
      each(({ orderId }) => ({ orderId })),
    ),
    settleCharges: scripted(
      'settleCharges',
      each(({ orderId }) => ({ orderId, status: 'paid' })),
    ),
    retrievePayment: scripted(
      'retrievePayment',
      each(({ orderId, paymentIntentId }) => ({ orderId, status: 'requires_action', paymentIntentId })),
    ),
    voidPayment: scripted(
      'voidPayment',
      each(({ orderId, paymentIntentId }) => ({ orderId, status: 'cancelled', paymentIntentId })),
    ),
    refundPayment: scripted(
      'refundPayment',
      each(({ orderId, amount }) => ({ orderId, refunded: amount })),
    ),
    readOrderPayments: scripted(
      'readOrderPayments',
      each(({ orderId }) => ({ orderId, payments: [] })),
    ),
    capturePayment: scripted(
      'capturePayment',
      each(({ orderId, amount }) => ({ orderId, status: 'captured', captured: amount, capturable: 0 })),
    ),
    recordReview: scripted(
      'recordReview',
      each(({ orderId, status }) => orderResult(orderId, status)),
    ),
    parkStep: scripted(
      'parkStep',
      each(({ orderId }) => orderResult(orderId, 'reserved')),
    ),
    resolveStep: scripted(
      'resolveStep',
      each(({ orderId }) => orderResult(orderId, 'reserved')),
    ),
    beginRefund: scripted(
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
    finishRefund: scripted(
      'finishRefund',
      each(({ orderId }) => orderResult(orderId, 'paid')),
    ),
    beginCancellation: scripted(
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
    finishCancellation: scripted(
      'finishCancellation',
      each(({ orderId }) => orderResult(orderId, 'cancelled')),
    ),
    beginCapture: scripted(
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
    finishCapture: scripted(
      'finishCapture',
      each(({ orderId }) => orderResult(orderId, 'paid')),
    ),
    renewAuthorization: scripted(
      'renewAuthorization',
      each(({ orderId }) => orderResult(orderId, 'paid')),
    ),
    findPayments: scripted(
      'findPayments',
      each(({ orderId }) => ({ orderId, paymentIntentIds: ['pi_1'] })),
    ),
    reconcilePayment: scripted(
      'reconcilePayment',
      each(({ orderId, paymentIntentId }) => ({ orderId, paymentIntentId, outcome: 'recorded' as const })),
    ),
    finishReturnedRefund: scripted(
      'finishReturnedRefund',
      each(({ orderId }) => orderResult(orderId, 'cancelled')),
    ),
    isLatePayment: scripted(
      'isLatePayment',
      each(() => true),
    ),
    recordLatePayment: scripted(
      'recordLatePayment',
      each(({ orderId }) => orderResult(orderId, 'expired')),
    ),
    readDisputes: (payments) =>
      payments.every(({ orderId }) => orderId !== undefined)
        ? readDisputes(payments)
        : Promise.resolve(
            // A payment of a test is named after its order.
            payments.map(({ paymentIntentId }) => ({
              ...{ paymentIntentId, asOf: '2026-01-01T00:00:00.000Z', disputes: [] },
              ...(paymentIntentId.startsWith('pi_of_') && {
                orderId: paymentIntentId.slice('pi_of_'.length),
              }),
            })),
          ),
    recordDisputes: scripted(
      'recordDisputes',
      each(({ orderId }) => orderResult(orderId, 'paid')),
    ),
    notify: scripted('notify', (requests) => {
      for (const { orderId, kind } of requests) orders.get(orderId)?.mails.push(kind);
      return Promise.resolve(requests.map((request) => ({ ...request, status: 'sent' as const })));
    }),
  };
  return {
    activities,
    prepare(orderId, script) {
      const order: PreparedOrder = { calls: [], mails: [], script, called: [] };
      orders.set(orderId, order);
      const { calls, mails, called } = order;
      return {
        calls,
        mails,
        requests: <K extends Name>(name: K) =>
          called.filter((each) => each.name === name).flatMap(({ items }) => items as RequestOf<K>[]),
        count: (name) => called.filter((each) => each.name === name).length,
      };
    },
  };
}
