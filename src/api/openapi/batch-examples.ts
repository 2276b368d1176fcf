import type { BatchItem, BatchRequest, BatchStartRequest, BatchView } from '../../contracts/http/batches.ts';
import { ORDER_ID } from './order-examples.ts';

const batch: BatchView = {
  batchId: 'bat_6f0a5d0c8e3b41f29a7c55d1b4e0c2e2',
  action: 'retry',
  state: 'planned',
  cause: { step: 'refundPayment', code: 'RefundRefused' },
  query: { queue: 'attention' },
  counts: { matched: 212, pending: 198, running: 0, done: 0, failed: 0, leftOut: 14 },
  leftOut: [
    { reason: 'payment_disputed', count: 12 },
    { reason: 'action_not_possible', count: 2 },
  ],
  money: [{ currency: 'EUR', out: 240_800, outOrders: 31, in: 0, inOrders: 0 }],
  unknownAmounts: 0,
  mails: 198,
  ordersPerSecond: 10,
  estimatedSeconds: 20,
  confirmation: 'retry 198',
  plannedBy: { type: 'operator', id: 'development', sessionId: 'kq1s0T9vXyZb' },
  createdAt: '2026-11-27T14:02:11.000Z',
  plannedAt: '2026-11-27T14:02:11.000Z',
};

const item: BatchItem = {
  number: 1,
  orderId: ORDER_ID,
  outcome: 'failed',
  reason: 'RefundRefused',
  detail: 'refundPayment: RefundRefused: The payment provider refuses the refund (charge_disputed)',
  status: 'paid',
  step: 'refundPayment',
  moneyOut: 500,
  currency: 'EUR',
  mails: 1,
  settledAt: '2026-11-27T14:03:01.000Z',
};

export const BATCH_EXAMPLES = {
  Batch: batch,
  BatchItem: item,
  BatchRequest: {
    action: 'retry',
    cause: { step: 'refundPayment', code: 'RefundRefused' },
    query: { queue: 'attention' },
  } satisfies BatchRequest,
  BatchStartRequest: {
    confirmation: 'retry 198',
    note: 'The provider works again',
  } satisfies BatchStartRequest,
};
