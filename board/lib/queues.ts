/** A queue as `GET /v1/queues` counts it. */
export interface QueueCount {
  name: string;
  group: 'need_you' | 'watch';
  count: number;
  /** True: there are at least so many. */
  atLeast?: boolean;
  oldestAt?: string;
  dueAt?: string;
}
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

export interface QueueSum {
  /** What needs an operator, over all queues. What mends itself is not counted. */
  count: number;
  atLeast: boolean;
  oldestAt: string | undefined;
}

export function sumOfNeeds(queues: readonly QueueCount[]): QueueSum {
  const needs = queues.filter(({ group, count }) => group === 'need_you' && count > 0);
  const oldest = needs
    .map(({ oldestAt }) => oldestAt)
    .filter((at) => at !== undefined)
    .sort((a, b) => Date.parse(a) - Date.parse(b));
  return {
    count: needs.reduce((sum, { count }) => sum + count, 0),
    atLeast: needs.some(({ atLeast }) => atLeast === true),
    oldestAt: oldest[0],
  };
}
