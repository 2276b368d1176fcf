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
import { NO_BRAKES, type Brakes } from '../contracts/ports/brakes.ts';
import { paymentRecord } from '../domain/payment-record.ts';
import { isSuperseded, permanentFaultsFail } from './database-faults.ts';
import { withHeartbeat } from './heartbeat.ts';
import { mayBeForgotten } from './payment.ts';

/** How long a group waits for the slowest of its charges; then the order of that charge continues by itself. Milliseconds. */
const GRACE_MS = 1_000;

/**
 * Charges the orders of a group. A charge that fails does not affect the others: the activity fails only if it could do nothing at
 * all. When it runs again after a worker died, it first reads from PostgreSQL which charges are recorded, and asks the provider about
 * the rest.
 *
 * @param brakes while the provider is paused, an order is left `open` and not charged: its own workflow waits for the release
 */
export function createGroupActivities(
  ledger: OrderLedger,
  provider: PaymentProvider,
  brakes: Brakes = NO_BRAKES,
): GroupActivities {
  return {
    settleCharges: (charges) =>
      withHeartbeat(async () => {
        const retried = activityInfo().attempt > 1;
        const recorded = retried ? await settledBefore(charges) : new Map<string, GroupedCharge>();
        const grace = new AbortController();
        const graceOver = delay(GRACE_MS, undefined, { signal: grace.signal, ref: false }).catch(
          () => undefined,
        );
        try {
          return await Promise.all(
            charges.map(async (charge) => {
              const known = recorded.get(charge.orderId);
              return known ?? settle({ ...charge, triedBefore: charge.triedBefore || retried }, graceOver);
            }),
          );
        } finally {
          grace.abort();
        }
      }),
  };

  async function settledBefore(charges: ChargeRequest[]): Promise<Map<string, GroupedCharge>> {
    const orders = await permanentFaultsFail(() => ledger.getOrders(charges));
    return new Map(orders.flatMap((order) => settledAs(order).map((settled) => [order.orderId, settled])));
  }

  async function settle(charge: ChargeRequest, graceOver: Promise<undefined>): Promise<GroupedCharge> {
    const { orderId } = charge;
    // What was not asked of the provider has moved no money, so that its order can still be cancelled at once.
    if (brakes.provider())
      return { orderId, status: 'open', ...(!charge.triedBefore && { charge: { orderId, status: 'none' } }) };
    if (mayBeForgotten(charge)) return { orderId, status: 'open' };
    const outcome = await withinGrace(orderId, provider.charge(charge), graceOver);
    if (!outcome) return { orderId, status: 'open' };
    if (!(await isOver(outcome, graceOver))) return { orderId, status: 'open', charge: outcome };
    try {
      const recorded = await record(charge, outcome);
      const [settled] = recorded ? settledAs(recorded) : [];
      if (settled) return settled;
    } catch (error) {
      if (isSuperseded(error)) return { orderId, status: 'superseded' };
      log.warn('ledger did not record the outcome of a charge', { orderId, error: nameOf(error) });
    }
    return { orderId, status: 'open', charge: outcome };
  }

  /** Whether the payment can no longer succeed or change. A declined payment could still be paid with another card until it is voided. */
  async function isOver(outcome: ChargeOutcome, graceOver: Promise<undefined>): Promise<boolean> {
    if (outcome.status !== 'declined' || outcome.paymentIntentId === undefined) return true;
    const { orderId, paymentIntentId } = outcome;
    const voided = await withinGrace(orderId, provider.void({ orderId, paymentIntentId }), graceOver);
    return voided?.status === 'cancelled';
  }

  /** Returns `undefined` if the outcome is neither a payment nor a decline. */
  async function record(
    { orderId, epoch, attempt }: ChargeRequest,
    outcome: ChargeOutcome,
  ): Promise<OrderResult | undefined> {
    const run = { orderId, ...(epoch !== undefined && { epoch }) };
    switch (outcome.status) {
      case 'succeeded':
      case 'authorized': {
        const payment = paymentRecord(attempt, outcome.status, outcome);
        return (await ledger.confirmOrder([{ ...run, payment }]))[0];
      }
      case 'declined': {
        const payment = paymentRecord(attempt, outcome.status, outcome);
        const reason = outcome.declineCode;
        return (await ledger.releaseStock([{ ...run, status: 'payment_failed', reason, payment }]))[0];
      }
      case 'requires_action':
      case 'processing':
      case 'cancelled':
      case 'none':
        return undefined;
    }
  }
}

/** Returns the provider's outcome, or `undefined` if the call fails or takes longer than the group waits. */
async function withinGrace(
  orderId: string,
  call: Promise<ChargeOutcome>,
  graceOver: Promise<undefined>,
): Promise<ChargeOutcome | undefined> {
  const known = call.catch((error: unknown) => {
    log.info('provider gave no certain answer to a charge of a group', { orderId, error: nameOf(error) });
    return undefined;
  });
  return Promise.race([known, graceOver]);
}

/** How the payment ended, whatever the order is now: the order may have been refunded before its group learned that it is paid. */
function settledAs({ orderId, status, wasPaid }: OrderResult): [GroupedCharge] | [] {
  if (status === 'paid' || wasPaid === true) return [{ orderId, status: 'paid' }];
  return status === 'payment_failed' ? [{ orderId, status }] : [];
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.constructor.name : 'unknown');
