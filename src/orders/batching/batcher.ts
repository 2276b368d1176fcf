import { randomUUID } from 'node:crypto';
import type { Claim, OrderClaims } from '../../adapters/postgres/order-claims.ts';
import type { CheckoutOrder } from '../../contracts/temporal/checkout.ts';
import { Problem } from '../../contracts/errors.ts';
import type { BatchingPolicy } from '../../contracts/batching-policy.ts';
import { checkoutWorkflowId, groupWorkflowId } from '../../contracts/temporal/names.ts';
import { START_DEADLINE_MS, type CheckoutClient } from '../temporal/checkout-client.ts';
import { createBatchMetrics, type BatchMetrics } from './metrics.ts';
import { unavailable } from '../outage.ts';
import { NOT_TRACKED, type TrackInFlight } from './in-flight.ts';

export interface OrderBatcher {
  /**
   * Makes the order durable: claims it and starts a workflow for it, or for it and those that arrived with it. Answers
   * `undefined` when that is done; or who had claimed the order before, which is nothing done.
   *
   * @param from a workflow that has claimed the order and was never started: its claim is taken over
   * @throws {Problem} `too_busy`, `unavailable`; whatever else it throws, the order may or may not be durable
   */
  accept(order: CheckoutOrder, from?: string): Promise<Claim | undefined>;
  departures: BatchMetrics;
}

interface Arrival {
  readonly order: CheckoutOrder;
  readonly from: string | undefined;
  readonly arrivedAt: number;
  readonly resolve: (holder: Claim | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit for orders. With a lane free an order leaves at once, in a workflow of its own; with none free it waits,
 * and leaves with those that have arrived meanwhile. A lane is free again when those that it has sent off are at rest, or
 * after a moment: so a group is as large as the rush, and a slow provider holds nobody up.
 */
export function createOrderBatcher(
  claims: OrderClaims,
  runs: CheckoutClient,
  { mode, maxSize, maxConcurrentBatches, maxQueued }: BatchingPolicy,
  trackInFlight: TrackInFlight,
): OrderBatcher {
  const waiting: Arrival[] = [];
  const departures = createBatchMetrics();
  const largest = mode === 'off' ? 1 : maxSize;
  const most = mode === 'off' ? Infinity : maxConcurrentBatches;
  const watch = mode === 'off' ? NOT_TRACKED : trackInFlight;
  let leaving = 0;

  function dispatch(): void {
    while (leaving < most && waiting.length > 0) {
      const group = takeGroup().filter(isInTime);
      if (group.length === 0) continue;
      leaving += 1;
      void depart(group).finally(() => {
        leaving -= 1;
        dispatch();
      });
    }
  }

  /** From the head of the line; an order that is asked for twice leaves once, and the other call meets its claim. */
  function takeGroup(): Arrival[] {
    const ids = new Set<string>();
    let size = 0;
    for (const { order } of waiting) {
      if (size === largest || ids.has(order.orderId)) break;
      ids.add(order.orderId);
      size += 1;
    }
    return waiting.splice(0, size);
  }

  /** Settles every arrival and never rejects; resolves when the next may leave. */
  async function depart(group: Arrival[]): Promise<void> {
    const underWay = watch(group.map(({ order }) => order.orderId));
    try {
      const claimed = await claim(group);
      const [first] = claimed;
      if (!first) return;
      const started =
        group.length === 1
          ? await runs.start(first.order)
          : await runs.startGroup(
              first.holder.workflowId,
              claimed.map(({ order }) => order),
            );
      departures.note(claimed.map(({ arrivedAt }) => performance.now() - arrivedAt));
      for (const { resolve, holder } of claimed) resolve(started ? undefined : holder);
      if (started) await underWay.untilAtRest();
    } catch (error) {
      for (const { reject } of group) reject(error);
    } finally {
      underWay.forget();
    }
  }

  /** Those that are ours to start; the others are told who has them. */
  async function claim(group: Arrival[]): Promise<(Arrival & { holder: Claim })[]> {
    const workflowId = idFor(group);
    const holders = await claims.claim(
      group.map(({ order: { orderId, requestHash }, from }) => ({
        orderId,
        requestHash,
        workflowId,
        ...(from !== undefined && { from }),
      })),
    );
    return group.flatMap((arrival, n) => {
      const holder = holders[n];
      if (!holder) throw new Error('a claim was not answered');
      if (holder.workflowId === workflowId && holder.requestHash === arrival.order.requestHash)
        return [{ ...arrival, holder }];
      arrival.resolve(holder);
      return [];
    });
  }

  return {
    departures,
    accept: (order, from) =>
      new Promise((resolve, reject) => {
        const arrival = { order, from, arrivedAt: performance.now(), resolve, reject };
        // One that begins later is in nobody's way, and in no group.
        if (order.notBefore !== undefined) {
          void depart([arrival]);
          return;
        }
        if (waiting.length >= maxQueued) {
          reject(new Problem('too_busy', 'More orders arrive than can be taken on. Try again in a moment.'));
          return;
        }
        waiting.push(arrival);
        dispatch();
      }),
  };
}

/** While nothing can be started, nobody is kept waiting for longer than a start may take. */
function isInTime({ arrivedAt, reject }: Arrival): boolean {
  const inTime = performance.now() - arrivedAt <= START_DEADLINE_MS;
  if (!inTime) reject(unavailable('The order could not be taken on in time.'));
  return inTime;
}

const idFor = ([first, ...others]: Arrival[]): string =>
  first && others.length === 0 ? checkoutWorkflowId(first.order.orderId) : groupWorkflowId(randomUUID());
