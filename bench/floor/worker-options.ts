import type { WorkerOptions } from '@temporalio/worker';

/** Those of the checkout's worker (src/workers/workers.ts); a test sees to it that they stay the same. */
export const WORKER_OPTIONS = {
  maxConcurrentWorkflowTaskExecutions: 200,
  maxConcurrentActivityTaskExecutions: 200,
  maxConcurrentLocalActivityExecutions: 200,
  maxCachedWorkflows: 2_000,
  shutdownGraceTime: '4s',
} satisfies Partial<WorkerOptions>;
