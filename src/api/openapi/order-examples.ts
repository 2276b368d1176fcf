import { orderLine } from '../../domain/order-lines.ts';
import type { DisputeView } from '../../contracts/http/disputes.ts';
import type { ResendMailsRequest } from '../../contracts/http/mail.ts';
import type {
  AttentionRequest,
  CancelRequest,
  CaptureRequestBody,
  OrderEvent,
  OrderRequest,
  OrderView,
  RefundRequestBody,
  RefundView,
  ReviewRequest,
} from '../../contracts/http/order.ts';

export const ORDER_ID = 'ord_h3p0ebvqcdxewg12w7skjwth6ht7g8e9';

const orderRequest: OrderRequest = {
  customer: { email: 'ada@example.com', name: 'Ada' },
  currency: 'EUR',
  lines: [{ sku: 'mug-01', quantity: 2 }],
  payment: { method: 'pm_card_visa' },
  shipping: { name: 'Ada', line1: '1 High St', city: 'Berlin', postalCode: '10115', country: 'DE' },
  expectedTotal: 2_400,
};

const refund: RefundView = {
  refundId: `${ORDER_ID}/refund/2d47dsb8c9qskm7en74zenw6bvq786zx`,
  number: 1,
  kind: 'requested',
  amount: 500,
  status: 'succeeded',
  reason: 'One mug arrived broken',
  createdAt: '2026-11-27T18:51:03.056Z',
};

const order: OrderView = {
  orderId: ORDER_ID,
  status: 'paid',
  currency: 'EUR',
  total: 2_400,
  customer: { email: 'ada@example.com', name: 'Ada' },
  shipping: { name: 'Ada', line1: '1 High St', city: 'Berlin', postalCode: '10115', country: 'DE' },
  lines: [orderLine({ sku: 'mug-01', title: 'Mug', quantity: 2, unitPrice: 1_200, total: 2_400 }, 1)],
  payment: {
    status: 'succeeded',
    method: 'pm_card_visa',
    paymentIntentId: 'pi_3MtwBwLkdIwHu7ix28a3tqPa',
    captured: 2_400,
    refunded: 500,
    disputed: 0,
    capturable: 0,
  },
  reservations: [{ sku: 'mug-01', quantity: 2, location: 'default', state: 'consumed' }],
  shipments: [],
  returns: [],
  refunds: [refund],
  disputes: [],
  partiallyShipped: false,
  partiallyReturned: false,
  partiallyRefunded: true,
  attention: null,
  createdAt: '2026-11-27T18:51:02.633Z',
  updatedAt: '2026-11-27T18:51:03.094Z',
};

/** The answer 202: the stock is not reserved yet. */
export const PLACED_ORDER: OrderView = {
  ...order,
  status: 'placed',
  payment: { status: 'none', method: 'pm_card_visa', captured: 0, refunded: 0, disputed: 0, capturable: 0 },
  reservations: [],
  refunds: [],
  partiallyRefunded: false,
  updatedAt: order.createdAt,
};

const event: OrderEvent = {
  id: `${ORDER_ID}/3`,
  sequence: 3,
  type: 'com.durable-checkout.order.paid.v1',
  occurredAt: '2026-11-27T18:51:02.975Z',
  actor: { type: 'system' },
  data: { status: 'paid', total: 2_400, currency: 'EUR' },
};

const dispute: DisputeView = {
  disputeId: 'du_3MtwBwLkdIwHu7ix0snN0B15',
  orderId: ORDER_ID,
  paymentIntentId: 'pi_3MtwBwLkdIwHu7ix28a3tqPa',
  amount: 2_400,
  currency: 'EUR',
  reason: 'product_not_received',
  status: 'needs_response',
  evidenceDueAt: '2026-12-21T23:59:59.000Z',
  fundsWithdrawn: true,
  openedAt: '2026-12-09T08:14:20.000Z',
  updatedAt: '2026-12-09T08:14:21.306Z',
};

export const ORDER_EXAMPLES = {
  OrderRequest: orderRequest,
  Order: order,
  OrderEvent: event,
  Dispute: dispute,
  CancelRequest: { reason: 'Ordered twice' } satisfies CancelRequest,
  RefundRequest: { amount: 500, reason: 'One mug arrived broken' } satisfies RefundRequestBody,
  RefundResult: { orderId: ORDER_ID, ...refund },
  CaptureRequest: { amount: 2_400, final: true } satisfies CaptureRequestBody,
  ReviewRequest: { decision: 'approve', note: 'The customer is known' } satisfies ReviewRequest,
  AttentionRequest: { action: 'retry', note: 'The bank answers again' } satisfies AttentionRequest,
  ResendMailsRequest: { email: 'ada@example.com' } satisfies ResendMailsRequest,
};
