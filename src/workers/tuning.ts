import type { WorkerOptions } from '@temporalio/worker';

/**
 * Measured (docs/performance.md): with the defaults the tail is three times as long at 50 orders in flight. Work in
 * hand at shutdown gets the grace time; what is not done by then is done by another worker.
 */
export const TUNING = {
  maxConcurrentWorkflowTaskExecutions: 200,
  maxConcurrentActivityTaskExecutions: 200,
  maxConcurrentLocalActivityExecutions: 200,
  maxCachedWorkflows: 2_000,
  shutdownGraceTime: '4s',
  // After a worker's death its orders are with another one so much sooner (the default is 10 s).
  stickyQueueScheduleToStartTimeout: '2s',
} satisfies Partial<WorkerOptions>;
