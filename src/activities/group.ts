import { setTimeout as delay } from 'node:timers/promises';
import { activityInfo, log } from '@temporalio/activity';
import type { OrderLedger } from '../adapters/postgres/order-ledger.ts';
import type { GroupActivities } from '../contracts/temporal/activities.ts';
import type {
  ChargeOutcome,
  ChargeRequest,
  GroupedCharge,
  OrderResult,
} from '../contracts/temporal/checkout.ts';
import type { PaymentProvider } from '../contracts/ports/payment-provider.ts';
import { paymentRecord } from '../domain/payment-record.ts';
import { permanentFaultsFail } from './database-faults.ts';
import { withHeartbeat } from './heartbeat.ts';
import { mayBeForgotten } from './payment.ts';

/** So long a group waits for the slowest of its charges; then that order goes on by itself. Milliseconds. */
const GRACE_MS = 1_000;

/**
 * The charges of a group. What one of them meets is its own affair: the activity fails only where nothing could be done.
 * Run again after a worker's death, it asks PostgreSQL first what was done, and the provider for the rest.
 */
export function createGroupActivities(ledger: OrderLedger, provider: PaymentProvider): GroupActivities {
  return {
    settleCharges: (charges) =>
      withHeartbeat(async () => {
        const again = activityInfo().attempt > 1;
        const before = again ? await settledBefore(charges) : new Map<string, GroupedCharge>();
        const grace = new AbortController();
        const graceOver = delay(GRACE_MS, undefined, { signal: grace.signal, ref: false }).catch(
          () => undefined,
        );
        try {
          return await Promise.all(
            charges.map(async (charge) => {
              const known = before.get(charge.orderId);
              return known ?? settle({ ...charge, triedBefore: charge.triedBefore || again }, graceOver);
            }),
          );
        } finally {
          grace.abort();
        }
      }),
  };

  async function settledBefore(charges: ChargeRequest[]): Promise<Map<string, GroupedCharge>> {
    const answers = await permanentFaultsFail(() => ledger.getOrders(charges));
    return new Map(
      answers.flatMap((answer) => settledAs(answer).map((settled) => [answer.orderId, settled])),
    );
  }

  async function settle(charge: ChargeRequest, graceOver: Promise<undefined>): Promise<GroupedCharge> {
    const { orderId } = charge;
    if (mayBeForgotten(charge)) return { orderId, status: 'open' };
    const outcome = await inTime(orderId, provider.charge(charge), graceOver);
    if (!outcome) return { orderId, status: 'open' };
    if (!(await isOver(outcome, graceOver))) return { orderId, status: 'open', charge: outcome };
    try {
      const answer = await record(charge, outcome);
      const [settled] = answer ? settledAs(answer) : [];
      if (settled) return settled;
    } catch (error) {
      log.warn('the outcome of a charge could not be written down', { orderId, error: nameOf(error) });
    }
    return { orderId, status: 'open', charge: outcome };
  }

  /** A declined payment could still be paid, with another card, unless it is ended. */
  async function isOver(outcome: ChargeOutcome, graceOver: Promise<undefined>): Promise<boolean> {
    if (outcome.status !== 'declined' || outcome.paymentIntentId === undefined) return true;
    const { orderId, paymentIntentId } = outcome;
    const end = await inTime(orderId, provider.void({ orderId, paymentIntentId }), graceOver);
    return end?.status === 'cancelled';
  }

  /** `undefined`: it is neither paid nor declined. */
  async function record(
    { orderId, attempt }: ChargeRequest,
    outcome: ChargeOutcome,
  ): Promise<OrderResult | undefined> {
    switch (outcome.status) {
      case 'succeeded':
      case 'authorized': {
        const payment = paymentRecord(attempt, outcome.status, outcome);
        return (await ledger.confirmOrder([{ orderId, payment }]))[0];
      }
      case 'declined': {
        const payment = paymentRecord(attempt, outcome.status, outcome);
        const reason = outcome.declineCode;
        return (await ledger.releaseStock([{ orderId, status: 'payment_failed', reason, payment }]))[0];
      }
      case 'requires_action':
      case 'processing':
      case 'cancelled':
      case 'none':
        return undefined;
    }
  }
}

/** What the provider says, unless it fails or takes too long. */
async function inTime(
  orderId: string,
  asked: Promise<ChargeOutcome>,
  graceOver: Promise<undefined>,
): Promise<ChargeOutcome | undefined> {
  const known = asked.catch((error: unknown) => {
    log.info('a payment of a group has no certain answer', { orderId, error: nameOf(error) });
    return undefined;
  });
  return Promise.race([known, graceOver]);
}

/** How the payment ended, whatever the order is now: it may have been refunded before its group was told that it is paid. */
function settledAs({ orderId, status, wasPaid }: OrderResult): [GroupedCharge] | [] {
  if (status === 'paid' || wasPaid === true) return [{ orderId, status: 'paid' }];
  return status === 'payment_failed' ? [{ orderId, status }] : [];
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.constructor.name : 'unknown');
