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

/** What a key needs to see a queue. */
export const QUEUE_SCOPES: Readonly<Record<QueueName, string>> = {
  attention: 'orders:read',
  review: 'orders:read',
  disputes: 'disputes:read',
  oversold: 'stock:read',
  'carrier-lost': 'orders:read',
  returns: 'returns:read',
  'dead-letters': 'dead-letters:read',
  webhooks: 'webhooks:read',
  'audit-differences': 'audit:run',
  'payment-unknown': 'orders:read',
  holds: 'orders:read',
  late: 'orders:read',
};

/** The name of a queue in addresses. The API may write it with underscores. */
export const addressOf = (name: string): string => name.replaceAll('_', '-');
export const isQueue = (name: string): name is QueueName => QUEUES.some((queue) => queue === name);
