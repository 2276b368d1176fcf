import type { Links } from '../../contracts/http/links.ts';
import type { OrderRuns } from '../../contracts/http/runs.ts';
import type { CountPreview, StockMovement } from '../../contracts/http/stock-movements.ts';
import { ORDER_ID } from './order-examples.ts';

const runs: OrderRuns = {
  runs: [
    {
      workflowId: `order/${ORDER_ID}`,
      runId: '01a21db7-b1d7-7698-aeaa-728ecd936d77',
      type: 'checkout',
      state: 'completed',
      startedAt: '2026-11-27T18:51:03.000Z',
      closedAt: '2026-11-27T18:51:03.301Z',
      source: 'temporal',
      nodes: [
        {
          kind: 'step',
          name: 'reserveStock',
          state: 'done',
          startedAt: '2026-11-27T18:51:03.005Z',
          durationMs: 9,
          attempts: 1,
        },
        {
          kind: 'step',
          name: 'chargePayment',
          state: 'done',
          startedAt: '2026-11-27T18:51:03.014Z',
          durationMs: 212,
          attempts: 2,
          failedAttempts: 1,
          error: { type: 'PaymentUnknown', code: 'StripeAPIError 503' },
        },
      ],
    },
  ],
  parked: [],
  readAt: '2026-11-27T18:52:00.000Z',
};

const links: Links = {
  temporal: 'http://127.0.0.1:8233/namespaces/default/workflows/{workflowId}/{runId}/history',
};

const movement: StockMovement = {
  movementId: 814,
  at: '2026-11-27T18:51:03.005Z',
  location: 'default',
  kind: 'held',
  available: -2,
  held: 2,
  committed: 0,
  unavailable: 0,
  orderId: ORDER_ID,
};

const preview: CountPreview = {
  sku: 'mug-01',
  location: 'default',
  before: { onHand: 12, available: 9, held: 1, committed: 2, unavailable: 0, oversold: 0 },
  after: { onHand: 2, available: 0, held: 0, committed: 2, unavailable: 0, oversold: 1 },
  short: [{ orderId: ORDER_ID, state: 'held', quantity: 1 }],
  shortPieces: 1,
};

export const RUN_EXAMPLES = {
  OrderRuns: runs,
  Links: links,
  StockMovement: movement,
  CountPreview: preview,
};
