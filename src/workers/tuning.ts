import type { WorkerOptions } from '@temporalio/worker';

/**
 * Measured (docs/performance.md): with the defaults, the tail latency is three times as high at 50 orders in flight. At shutdown, tasks in
 * progress get the grace time; another worker repeats those that are not done by then.
 */
export const TUNING = {
  maxConcurrentWorkflowTaskExecutions: 200,
  maxConcurrentActivityTaskExecutions: 200,
  maxConcurrentLocalActivityExecutions: 200,
  maxCachedWorkflows: 2_000,
  shutdownGraceTime: '4s',
  // Another worker takes over the orders of a dead one after this time; the default is 10 s.
  stickyQueueScheduleToStartTimeout: '2s',
} satisfies Partial<WorkerOptions>;

/** Requests to the carrier at a time: EasyPost limits their rate, and an outage of it must not fill the process with requests. */
export const MAX_CARRIER_REQUESTS = 20;
