/** How orders that arrive at the same time share a workflow. */
export interface BatchingPolicy {
  /** `off`: every order has a workflow of its own. */
  readonly mode: 'adaptive' | 'off';
  /** Orders of one workflow at most. Temporal keeps 2 KB of their ids to find them by, which is about 60. */
  readonly maxSize: number;
  /** Workflows at a time that later orders wait for; what arrives meanwhile gathers. */
  readonly maxConcurrentBatches: number;
  /** Orders that wait to be started at most; beyond it they are refused. */
  readonly maxQueued: number;
}
