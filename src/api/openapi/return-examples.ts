import type {
  ReceiptRequest,
  ReturnDecisionRequest,
  ReturnRequest,
  ReturnView,
} from '../../contracts/http/returns.ts';
import { ORDER_ID } from './order-examples.ts';

const view: ReturnView = {
  returnId: 'ret_2d47dsb8c9qskm7en74zenw6bvq786zx',
  orderId: ORDER_ID,
  number: 1,
  status: 'open',
  reason: 'Too small',
  lines: [{ line: 1, sku: 'mug-01', quantity: 2, received: 1, missing: 0 }],
  receipts: [
    {
      line: 1,
      quantity: 1,
      disposition: 'restocked',
      location: 'default',
      refundId: `${ORDER_ID}/refund/9ym0xm0rmkk3qzzxwcr4ky4ecbb5bn4h`,
      at: '2026-12-04T09:12:44.120Z',
    },
  ],
  exchange: { lines: [{ sku: 'print-01', quantity: 1 }] },
  carrier: 'USPS',
  trackingCode: '9400100000000000000000',
  labelUrl: 'https://carrier.example/labels/1.pdf',
  createdAt: '2026-12-01T08:02:51.003Z',
  updatedAt: '2026-12-04T09:12:44.120Z',
};

export const RETURN_EXAMPLES = {
  Return: view,
  ReturnRequest: {
    lines: [{ line: 1, quantity: 2 }],
    reason: 'Too small',
    exchange: { lines: [{ sku: 'print-01', quantity: 1 }] },
  } satisfies ReturnRequest,
  ReturnDecision: { note: 'The customer called' } satisfies ReturnDecisionRequest,
  ReceiptRequest: {
    lines: [
      { line: 1, quantity: 1, disposition: 'restocked' },
      { line: 1, quantity: 1, disposition: 'missing' },
    ],
  } satisfies ReceiptRequest,
};
