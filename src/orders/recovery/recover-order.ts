import type { Logger } from 'pino';
import type {
  Carrier,
  OrderCarriers,
  Requester,
  TakenOrder,
} from '../../adapters/postgres/order-carriers.ts';
import type { InTraceOf } from '../../contracts/ports/tracing.ts';
import { FIRST_EPOCH, type CheckoutPolicy } from '../../contracts/temporal/checkout.ts';
import { isGroupWorkflowId } from '../../contracts/temporal/names.ts';
import type { CheckoutInput, Handoff } from '../../contracts/temporal/workflows.ts';
import { reviewReasons } from '../../domain/review.ts';
import { START_DEADLINE_MS, type CheckoutClient, type CheckoutRun } from '../temporal/checkout-client.ts';

/**
 * `carried`: a live run carries the order. `failing`: the same, but its code fails again and again. `restarted`: there was none, and one
 * was started. `lost`: there is none, and none was to be started. `decided`: the order needs none. `unknown`: no such order was ever placed, as far as PostgreSQL and Temporal know.
 */
export type Carriage = 'carried' | 'failing' | 'restarted' | 'lost' | 'decided' | 'unknown';

export interface RecoverOrderParts {
  carriers: OrderCarriers;
  checkouts: CheckoutClient;
  /** Used where the policy that the order was placed under cannot be read any more. */
  policy: CheckoutPolicy;
  /** Absent: there are no traces. */
  inTraceOf?: InTraceOf;
  logger: Logger;
}

export interface RecoverOrderOptions {
  /** Where the order's input is read from, if its carrier was never started. */
  alsoIn?: string;
  /** Who has asked to replace the run, also if it is alive. */
  forcedBy?: Requester;
  /** The order is decided, and the mails of that are not sent: its next run sends them. */
  isUnnotified?: boolean;
  /** Only looks whether a live run carries the order. */
  onlyLooks?: boolean;
}

/** Restarts orders whose run is gone. */
export interface OrderRecovery {
  /**
   * Makes sure that a live run carries the order: if the run is gone (terminated, failed, deleted, or never started), the order passes to
   * a new one, with a higher epoch. Safe to call at any time, by any number of processes: one of them restarts the order.
   *
   * @throws an error of PostgreSQL or Temporal; call it again
   */
  recover(orderId: string, options?: RecoverOrderOptions): Promise<Carriage>;
}

export const createOrderRecovery = (parts: RecoverOrderParts): OrderRecovery => ({
  async recover(orderId, options) {
    const [carrier] = await parts.carriers.find([orderId]);
    return carrier ? recoverCarrier(parts, carrier, options) : 'unknown';
  },
});

/** A start that is in progress ends within this time. Milliseconds. */
const START_GRACE_MS = 2 * START_DEADLINE_MS;

/** As {@link OrderRecovery.recover}, for an order whose carrier was just read. */
export async function recoverCarrier(
  parts: RecoverOrderParts,
  carrier: Carrier,
  { alsoIn, forcedBy, isUnnotified = false, onlyLooks = false }: RecoverOrderOptions = {},
): Promise<Carriage> {
  if (carrier.state === 'decided' && !isUnnotified) return 'decided';
  const run = await parts.checkouts.describe(carrier.workflowId);
  if (!forcedBy) {
    if (run?.isRunning === true && isOfCarrier(run, carrier)) return run.isFailing ? 'failing' : 'carried';
    // Claimed or taken over a moment ago: its run is about to be started.
    const mayStartNow = carrier.ageMs < START_GRACE_MS && !(run && isOfCarrier(run, carrier));
    if (mayStartNow && !wasReserved(carrier)) return 'carried';
  }
  if (onlyLooks) return 'lost';
  return restart(parts, carrier, reasonOf(run), { alsoIn, isUnnotified, forcedBy });
}

/** A run of an earlier epoch does not carry the order, even if it is open. */
const isOfCarrier = (run: CheckoutRun, { workflowId, epoch }: Carrier): boolean =>
  isGroupWorkflowId(workflowId) || run.epoch >= epoch;

/** The first run of the order has begun. */
const wasReserved = ({ state, epoch }: Carrier): boolean => state !== 'unreserved' && epoch === FIRST_EPOCH;

const reasonOf = (run: CheckoutRun | undefined): string =>
  run === undefined ? 'run_missing' : run.isRunning ? 'run_replaced' : 'run_closed';

async function restart(
  { carriers, checkouts, policy, inTraceOf = (_, work) => work(), logger }: RecoverOrderParts,
  carrier: Carrier,
  reason: string,
  {
    alsoIn,
    isUnnotified,
    forcedBy,
  }: { alsoIn: string | undefined; isUnnotified: boolean; forcedBy: Requester | undefined },
): Promise<Carriage> {
  const { orderId, workflowId, state } = carrier;
  const known =
    (await checkouts.findInput(workflowId, orderId)) ??
    (alsoIn === undefined ? undefined : await checkouts.findInput(alsoIn, orderId));
  // Nobody was told that it was placed: its claim was made, and no start has arrived.
  if (!known && state === 'unreserved') return 'unknown';
  const takeover = await carriers.takeOver(carrier, reason, isUnnotified, forcedBy);
  // Another process has restarted it meanwhile, or it has left its group.
  if (takeover.outcome === 'moved') return 'carried';
  if (takeover.outcome === 'decided') return 'decided';

  const { epoch, restarts, cancelReason, cancelActor, order: taken } = takeover;
  const order = known?.order ?? (taken && { orderId, ...orderOf(taken) });
  if (!order) return 'unknown';
  const input: CheckoutInput = {
    order: {
      ...(cancelReason !== undefined && { cancelReason, ...(cancelActor && { cancelActor }) }),
      ...order,
    },
    policy: known?.policy ?? policyWithout(policy, taken),
    epoch,
    ...(taken && { handoff: handoffOf(taken, known?.policy) }),
  };
  await inTraceOf(order.traceparent, () => checkouts.restart(input));
  logger.warn(
    { orderId, workflowId, reason, epoch, restarts },
    'the order service has restarted an order whose workflow was gone',
  );
  return 'restarted';
}

const orderOf = ({ clientId, requestHash, placedAt, traceparent, request }: TakenOrder) => ({
  clientId,
  requestHash,
  placedAt,
  ...(traceparent !== undefined && { traceparent }),
  request,
});

/**
 * The order's own policy is lost. An order that does not wait for a reviewer may have been charged, so it must not begin to wait for one.
 */
function policyWithout({ review, ...policy }: CheckoutPolicy, taken: TakenOrder | undefined): CheckoutPolicy {
  return review && taken?.status === 'in_review' ? { ...policy, review } : policy;
}

/** What PostgreSQL knows of an order: the provider was not asked for its payment while it had to be reviewed first. */
function handoffOf(taken: TakenOrder, policy: CheckoutPolicy | undefined): Handoff {
  const { status, request, total, attempt, review } = taken;
  const decision = review?.decision;
  const isReviewed =
    status === 'in_review' ||
    (status === 'reserved' &&
      policy?.review !== undefined &&
      reviewReasons(request, total, policy.review).length > 0);
  return {
    mayHaveCharged: !isReviewed || (decision === 'approve' && status !== 'in_review'),
    paymentIntentIds: [],
    ...(attempt !== undefined && { attempt }),
    ...(decision !== undefined && {
      review: {
        decision,
        ...(review?.note !== undefined && { note: review.note }),
        ...(review?.actor && { actor: review.actor }),
      },
    }),
  };
}
