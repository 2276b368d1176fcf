import { randomUUID } from 'node:crypto';
import type { Claim, OrderClaims } from '../../adapters/postgres/order-claims.ts';
import type { CheckoutOrder } from '../../contracts/temporal/checkout.ts';
import { Problem } from '../../contracts/errors.ts';
import type { BatchingPolicy } from '../../contracts/batching-policy.ts';
import type { TraceOrders } from '../../contracts/ports/tracing.ts';
import type { BatchObserver } from '../../contracts/ports/batch-observer.ts';
import { checkoutWorkflowId, groupWorkflowId } from '../../contracts/temporal/names.ts';
import { START_DEADLINE_MS, type CheckoutClient, type OrderToStart } from '../temporal/checkout-client.ts';
import { createBatchMetrics, type BatchMetrics } from './metrics.ts';
import { unavailable } from '../lib/outage.ts';
import { NOT_TRACKED, type TrackInFlight } from './in-flight.ts';

export interface OrderBatcher {
  /**
   * Makes the order durable: claims it, and starts a workflow for it alone or for it and the orders that arrived with it.
   * Returns `undefined` when the workflow is started; or the claim of another caller who was first, and then does nothing.
   *
   * @param from the claim of a workflow that was never started: it is taken over, with the next epoch
   * @throws {Problem} `too_busy`, `unavailable`; after any other error the order may or may not be durable
   */
  accept(order: CheckoutOrder, from?: Claim): Promise<Claim | undefined>;
  batchMetrics: BatchMetrics;
}

interface QueuedOrder {
  readonly order: CheckoutOrder;
  readonly from: Claim | undefined;
  readonly arrivedAt: number;
  readonly resolve: (existing: Claim | undefined) => void;
  readonly reject: (error: unknown) => void;
}

interface ClaimedOrder extends QueuedOrder {
  readonly claim: Claim;
}

/**
 * Group commit for orders. While fewer than `maxConcurrentBatches` batches are in progress, an order is started at once, in
 * a workflow of its own. Otherwise it is queued, and started in one batch with the orders that have arrived meanwhile. A
 * batch is in progress until its orders are at rest, or for a moment at most: so batches grow with the load, and a slow
 * payment provider delays no later order.
 */
export function createOrderBatcher(
  claims: OrderClaims,
  checkouts: CheckoutClient,
  policy: BatchingPolicy,
  trackInFlight: TrackInFlight,
  observer?: BatchObserver,
  trace: TraceOrders = (_, work) => work(),
): OrderBatcher {
  const { maxSize, maxConcurrentBatches, track } = limitsOf(policy, trackInFlight);
  const queue: QueuedOrder[] = [];
  const batchMetrics = createBatchMetrics();
  let concurrentBatches = 0;

  function startBatches(): void {
    while (concurrentBatches < maxConcurrentBatches && queue.length > 0) {
      const batch = takeBatch(queue, maxSize).filter(isInTime);
      if (batch.length === 0) continue;
      concurrentBatches += 1;
      void startBatch(batch).finally(() => {
        concurrentBatches -= 1;
        startBatches();
      });
    }
    observer?.changed(queue.length, concurrentBatches);
  }

  /** Settles every order of the batch and never rejects. Resolves when the batch is no longer in progress. */
  async function startBatch(batch: QueuedOrder[]): Promise<void> {
    const inFlight = track(batch.map(({ order }) => order.orderId));
    try {
      const claimedAt = performance.now();
      const orders = batch.map(({ order }) => order);
      const { claimed, started } = await trace(orders, () => claimAndStart(batch));
      if (claimed.length === 0) return;
      // The claims of a start that takes so long may be taken over: then this run does not carry the order, and another one must.
      if (started && performance.now() - claimedAt > START_DEADLINE_MS) await resolveTakenOver(claimed);
      observer?.done(claimed.length, performance.now() - claimedAt);
      batchMetrics.record(claimed.map(({ arrivedAt }) => performance.now() - arrivedAt));
      for (const queued of claimed) queued.resolve(started ? undefined : queued.claim);
      if (started) await inFlight.untilAtRest();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      inFlight.unsubscribe();
    }
  }

  async function claimAndStart(batch: QueuedOrder[]): Promise<{ claimed: ClaimedOrder[]; started: boolean }> {
    const claimed = await claim(batch);
    const starts = claimed.map(({ order, claim: { epoch } }): OrderToStart => ({ order, epoch }));
    const [first] = claimed;
    const [start] = starts;
    if (!first || !start) return { claimed, started: false };
    const started =
      batch.length === 1
        ? await checkouts.start(start)
        : await checkouts.startGroup(first.claim.workflowId, starts);
    return { claimed, started };
  }

  /** Returns the orders that this batch may start. The others are resolved with the claim of whoever was first. */
  async function claim(batch: QueuedOrder[]): Promise<ClaimedOrder[]> {
    const workflowId = workflowIdFor(batch);
    const answers = await claims.claim(
      batch.map(({ order: { orderId, requestHash }, from }) => ({
        orderId,
        requestHash,
        workflowId,
        ...(from && { from: from.workflowId, fromEpoch: from.epoch }),
      })),
    );
    return batch.flatMap((queued, index) => {
      const answer = answers[index];
      if (!answer) throw new Error(`PostgreSQL returned no claim for order ${queued.order.orderId}.`);
      if (answer.workflowId === workflowId && answer.requestHash === queued.order.requestHash)
        return [{ ...queued, claim: answer }];
      queued.resolve(answer);
      return [];
    });
  }

  /** Resolves the orders that another caller has taken over with its claim. */
  async function resolveTakenOver(claimed: readonly ClaimedOrder[]): Promise<void> {
    const latest = await claims.claim(
      claimed.map(({ claim: { orderId, requestHash, workflowId } }) => ({
        orderId,
        requestHash,
        workflowId,
      })),
    );
    for (const [index, { claim, resolve }] of claimed.entries()) {
      const now = latest[index];
      if (now && (now.workflowId !== claim.workflowId || now.epoch !== claim.epoch)) resolve(now);
    }
  }

  return {
    batchMetrics,
    accept: (order, from) =>
      new Promise((resolve, reject) => {
        const queued = { order, from, arrivedAt: performance.now(), resolve, reject };
        // An order that begins later, or is to be cancelled at once, takes no part in batching: it needs nothing, or is not charged.
        if (order.notBefore !== undefined || order.cancelReason !== undefined) {
          void startBatch([queued]);
          return;
        }
        if (queue.length >= policy.maxQueued) {
          reject(
            new Problem('too_busy', `${policy.maxQueued} orders are queued already. Try again in a moment.`),
          );
          return;
        }
        queue.push(queued);
        startBatches();
      }),
  };
}

const limitsOf = (
  { mode, maxSize, maxConcurrentBatches }: BatchingPolicy,
  track: TrackInFlight,
): { maxSize: number; maxConcurrentBatches: number; track: TrackInFlight } =>
  mode === 'off'
    ? { maxSize: 1, maxConcurrentBatches: Infinity, track: NOT_TRACKED }
    : { maxSize, maxConcurrentBatches, track };

/**
 * Removes the next batch from the head of the queue. An order that was asked for twice is in one batch once: the second
 * call comes in a later batch, and finds the claim of the first.
 */
function takeBatch(queue: QueuedOrder[], maxSize: number): QueuedOrder[] {
  const ids = new Set<string>();
  for (const { order } of queue) {
    if (ids.size === maxSize || ids.has(order.orderId)) break;
    ids.add(order.orderId);
  }
  return queue.splice(0, ids.size);
}

/** While no batch can be started, no caller waits for longer than a start may take. */
function isInTime({ arrivedAt, reject }: QueuedOrder): boolean {
  const inTime = performance.now() - arrivedAt <= START_DEADLINE_MS;
  if (!inTime) reject(unavailable(`The order could not be started within ${START_DEADLINE_MS} ms.`));
  return inTime;
}

const workflowIdFor = ([first, ...others]: QueuedOrder[]): string =>
  first && others.length === 0 ? checkoutWorkflowId(first.order.orderId) : groupWorkflowId(randomUUID());
