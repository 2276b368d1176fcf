import type { QueueCount } from '../../src/domain/situation/queues.ts';

export type { QueueCount };

export interface QueuesView {
  queues: QueueCount[];
  checkedAt: string;
}

/** The queues that the board has a page for, in the sequence of the rail. */
export const QUEUES = [
  'attention',
  'review',
  'disputes',
  'oversold',
  'carrier-lost',
  'returns',
  'dead-letters',
  'webhooks',
  'audit-differences',
  'payment-unknown',
  'holds',
  'late',
] as const;
export type QueueName = (typeof QUEUES)[number];

/** The name of a queue in addresses. The API may write it with underscores. */
export const addressOf = (name: string): string => name.replaceAll('_', '-');
export const isQueue = (name: string): name is QueueName => QUEUES.some((queue) => queue === name);
