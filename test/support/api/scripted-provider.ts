import { RefundMadeElsewhere, RefundRefused } from '../../../src/contracts/ports/payment-provider.ts';
import type { ProviderDispute } from '../../../src/contracts/temporal/disputes.ts';
import type { ChargeOutcome, VoidedFor } from '../../../src/contracts/temporal/checkout.ts';
import type { ProviderRefundState } from '../../../src/contracts/temporal/reconciliation.ts';
import type { PaymentProvider } from '../../../src/contracts/ports/payment-provider.ts';

/** Minor units. */
interface Payment {
  amount: number;
  captured: number;
  capturable: number;
  refunded: number;
  state: 'requires_action' | 'authorized' | 'succeeded' | 'cancelled';
  refundsFail?: 'refused' | 'fault';
  /** While it is set, refunds wait for it before they are answered. */
  gate?: { waiting: number; opened: Promise<void> };
  /** While it is set, the payment is voided, and the answer to that waits for it. */
  voidGate?: { waiting: number; opened: Promise<void> };
  /** What the payment was voided for. */
  ending?: VoidedFor;
  capturesRefused: boolean;
  /** Its authorisation was ended because its time was over. */
  expired?: true;
  disputes: ProviderDispute[];
  /** The ids of the operations that took effect: each takes effect once. */
  done: Set<string>;
  /** The amounts of the refunds with an id. */
  refunds: Map<string, number>;
  /** The amounts of the refunds that somebody has made in the dashboard. */
  dashboardRefunds: number[];
}

export interface ScriptedProvider extends PaymentProvider {
  /** The payment of an order in the provider's records. */
  paymentOf(orderId: string): Readonly<Payment>;
  /** The customer authenticates the payment, which then succeeds, however late. */
  authenticate(orderId: string): void;
  /** Somebody captures this much of the order's authorised money in the dashboard. No event says so. `final`: the rest is released. */
  captureElsewhere(orderId: string, amount: number, final?: boolean): void;
  /** The authorisation of the order is ended because its time is over. No event says so. */
  expire(orderId: string): void;
  /** Refunds of the order are refused until `heal` is called. */
  refuseRefunds(orderId: string): void;
  /** Somebody refunds in the provider's dashboard. No event says so. */
  refundInDashboard(orderId: string, amount: number): void;
  /** Refunds of the order are answered only after `open` was called. */
  holdRefunds(orderId: string): { waiting(): number; open(): void };
  /** The payment of the order can be voided, and that is answered only after `open` was called. */
  holdVoids(orderId: string): { waiting(): number; open(): void };
  /** Refunds of the order succeed from now on. */
  heal(orderId: string): void;
  /** Opens a dispute of the order's payment, or changes it. Refunds are refused as the dispute's status demands. */
  dispute(orderId: string, changes?: Partial<ProviderDispute>): ProviderDispute;
}

/**
 * A payment provider in memory. Payment methods: `pm_card_visa` pays, `pm_action` waits for its customer,
 * `pm_refund_refused` pays and refuses refunds until healed, `pm_refund_fault` likewise with faults, `pm_capture_refused`
 * is authorised and cannot be captured; others are declined.
 */
export function scriptedProvider(): ScriptedProvider {
  const payments = new Map<string, Payment>();

  function paymentOf(paymentIntentId: string): Payment {
    const payment = payments.get(paymentIntentId);
    if (!payment) throw new Error(`no payment ${paymentIntentId}`);
    return payment;
  }

  function outcomeOf(orderId: string): ChargeOutcome {
    const paymentIntentId = intentOf(orderId);
    const { state, captured, capturable, ending } = paymentOf(paymentIntentId);
    switch (state) {
      case 'succeeded':
        return { orderId, status: 'succeeded', paymentIntentId, captured };
      case 'authorized':
        return { orderId, status: 'authorized', paymentIntentId, captured, capturable };
      case 'cancelled':
        return { orderId, status: 'cancelled', paymentIntentId, ...(ending && { ending }) };
      case 'requires_action': {
        const nextActionUrl = 'https://bank.example/3ds';
        return { orderId, status: 'requires_action', paymentIntentId, clientSecret: 'x', nextActionUrl };
      }
    }
  }

  return {
    paymentOf: (orderId) => paymentOf(intentOf(orderId)),
    authenticate(orderId) {
      const payment = paymentOf(intentOf(orderId));
      payment.state = 'succeeded';
      payment.captured = payment.amount;
    },
    captureElsewhere(orderId, amount, final = false) {
      take(paymentOf(intentOf(orderId)), amount, final);
    },
    expire(orderId) {
      Object.assign(paymentOf(intentOf(orderId)), { state: 'cancelled', capturable: 0, expired: true });
    },
    refuseRefunds(orderId) {
      paymentOf(intentOf(orderId)).refundsFail = 'refused';
    },
    refundInDashboard(orderId, amount) {
      const payment = paymentOf(intentOf(orderId));
      payment.refunded += amount;
      payment.dashboardRefunds.push(amount);
    },
    holdRefunds(orderId) {
      const { gate, ...held } = createGate();
      paymentOf(intentOf(orderId)).gate = gate;
      return held;
    },
    holdVoids(orderId) {
      const { gate, ...held } = createGate();
      paymentOf(intentOf(orderId)).voidGate = gate;
      return held;
    },
    heal(orderId) {
      delete paymentOf(intentOf(orderId)).refundsFail;
    },
    dispute(orderId, changes = {}) {
      const payment = paymentOf(intentOf(orderId));
      const disputeId = changes.disputeId ?? `du_${orderId}`;
      const [before] = payment.disputes.filter((each) => each.disputeId === disputeId);
      const dispute: ProviderDispute = {
        disputeId,
        amount: payment.captured,
        currency: 'EUR',
        reason: 'fraudulent',
        status: 'needs_response',
        evidenceDueAt: '2030-01-01T00:00:00.000Z',
        fundsWithdrawn: true,
        openedAt: '2026-01-01T00:00:00.000Z',
        ...before,
        ...changes,
      };
      payment.disputes = [...payment.disputes.filter((each) => each !== before), dispute];
      return dispute;
    },

    charge({ orderId, paymentMethod, amount, capture }) {
      const paymentIntentId = intentOf(orderId);
      const waits = paymentMethod === 'pm_action';
      if (!waits && !PAYS.includes(paymentMethod)) {
        const declined = { status: 'declined', declineCode: 'card_declined' } as const;
        return Promise.resolve({ orderId, paymentIntentId, ...declined });
      }
      if (!payments.has(paymentIntentId)) {
        const later = capture === 'later';
        payments.set(paymentIntentId, {
          amount,
          captured: waits || later ? 0 : amount,
          capturable: later && !waits ? amount : 0,
          refunded: 0,
          state: waits ? 'requires_action' : later ? 'authorized' : 'succeeded',
          ...(paymentMethod === 'pm_refund_refused' && { refundsFail: 'refused' }),
          ...(paymentMethod === 'pm_refund_fault' && { refundsFail: 'fault' }),
          capturesRefused: paymentMethod === 'pm_capture_refused',
          disputes: [],
          done: new Set(),
          refunds: new Map(),
          dashboardRefunds: [],
        });
      }
      return Promise.resolve(outcomeOf(orderId));
    },

    retrieve: ({ orderId }) => Promise.resolve(outcomeOf(orderId)),

    async void({ orderId, paymentIntentId, ending }) {
      const payment = payments.get(paymentIntentId);
      if (!payment) return { orderId, status: 'cancelled', paymentIntentId };
      if (payment.state !== 'succeeded' && payment.state !== 'cancelled') {
        payment.state = payment.captured > 0 ? 'succeeded' : 'cancelled';
        payment.capturable = 0;
        if (ending) payment.ending = ending;
      }
      if (payment.voidGate) {
        payment.voidGate.waiting += 1;
        await payment.voidGate.opened;
      }
      return outcomeOf(orderId);
    },

    capture({ orderId, paymentIntentId, captureId, amount, final }) {
      const payment = paymentOf(paymentIntentId);
      if (payment.capturesRefused)
        return Promise.resolve({ orderId, status: 'refused', code: 'card_declined' });
      if (!payment.done.has(captureId)) {
        // One that has expired is captured as if it had been made again.
        if (payment.state !== 'authorized' && !payment.expired)
          return Promise.resolve({ orderId, status: 'ended', captured: payment.captured });
        if (amount > payment.capturable && !payment.expired)
          return Promise.resolve({ orderId, status: 'refused', code: 'amount_too_large' });
        payment.done.add(captureId);
        take(payment, amount, final);
      }
      const { captured, capturable } = payment;
      return Promise.resolve({ orderId, status: 'captured', captured, capturable });
    },

    async refund({ paymentIntentId, refundId, amount, unlessMadeSince }) {
      const payment = paymentOf(paymentIntentId);
      if (payment.gate) {
        payment.gate.waiting += 1;
        await payment.gate.opened;
      }
      if (payment.disputes.some(({ status }) => refusesRefunds(status)))
        throw new RefundRefused('charge_disputed');
      if (payment.refundsFail === 'refused') throw new RefundRefused('charge_disputed');
      if (payment.refundsFail === 'fault') throw new Error('a fault');
      const elsewhere = payment.dashboardRefunds.findIndex((each) => each >= amount);
      if (unlessMadeSince !== undefined && elsewhere >= 0) {
        const money = `${String(payment.dashboardRefunds[elsewhere])} cents`;
        throw new RefundMadeElsewhere({
          money,
          providerRefundId: `re_${String(elsewhere)}_${paymentIntentId}`,
        });
      }
      if (refundId === undefined) {
        payment.refunded = Math.max(payment.refunded, amount);
      } else if (!payment.done.has(refundId)) {
        payment.done.add(refundId);
        payment.refunds.set(refundId, amount);
        payment.refunded += amount;
      }
      return payment.refunded;
    },

    disputes: (paymentIntentId) => Promise.resolve(paymentOf(paymentIntentId).disputes),
    orderOf: (paymentIntentId) => Promise.resolve(paymentIntentId.replace(/^pi_/, '')),

    readPayments: ({ orderId, paymentIntentIds, captureIds }) =>
      Promise.resolve(
        paymentIntentIds.flatMap((paymentIntentId) => {
          const payment = payments.get(paymentIntentId);
          if (!payment) return [];
          const { state, amount, captured, capturable, refunded } = payment;
          const status = state === 'requires_action' ? 'open' : state;
          const refunds: ProviderRefundState[] = [
            ...[...payment.refunds].map(([refundId, each]) => ({
              providerRefundId: `re_${refundId}`,
              refundId,
              ours: true as const,
              amount: each,
            })),
            ...payment.dashboardRefunds.map((each, n) => ({
              providerRefundId: `re_${n}_${paymentIntentId}`,
              amount: each,
            })),
          ];
          const rest = refunded - refunds.reduce((sum, each) => sum + each.amount, 0);
          if (rest > 0)
            refunds.push({
              providerRefundId: `re_${paymentIntentId}`,
              refundId: '',
              ours: true,
              amount: rest,
            });
          const expired = payment.expired && { expired: payment.expired };
          const captures = captureIds && {
            captures: Object.fromEntries(captureIds.map((id) => [id, payment.done.has(id)])),
          };
          return [
            {
              ...{ orderId, paymentIntentId, status, amount, captured, capturable, refunds },
              ...expired,
              ...captures,
            },
          ];
        }),
      ),
  };
}

function createGate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const gate = { waiting: 0, opened };
  return { gate, waiting: () => gate.waiting, open };
}

function take(payment: Payment, amount: number, final: boolean): void {
  payment.captured += amount;
  payment.capturable = final ? 0 : payment.capturable - amount;
  if (payment.capturable === 0) payment.state = 'succeeded';
}

const refusesRefunds = (status: string): boolean => status !== 'won' && !status.startsWith('warning_');

const PAYS = ['pm_card_visa', 'pm_refund_refused', 'pm_refund_fault', 'pm_capture_refused'];

const intentOf = (orderId: string): string => `pi_${orderId}`;
