import type { QueueName } from '../lib/queues.ts';

export const SCOPES: Readonly<Record<QueueName, string>> = {
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
