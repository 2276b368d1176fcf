/** How many orders share a workflow when they arrive at the same time. */
export interface BatchingPolicy {
  /** `adaptive`: orders share a workflow under load. `off`: every order has a workflow of its own. */
  readonly mode: 'adaptive' | 'off';
  /** The most orders of one workflow. The search attribute with their ids holds 2 KB in Temporal, about 60 ids. */
  readonly maxSize: number;
  /** The most batches in progress at a time. Orders that arrive meanwhile are queued, and share the next batch. */
  readonly maxConcurrentBatches: number;
  /** The most orders in the queue. Orders beyond it are refused with `too_busy`. */
  readonly maxQueued: number;
}
