import type { BoardSessionView, LogEntry, QueuesView, SignInRequest } from '../../contracts/http/board.ts';
import type { OrderSearch, RevealedCustomer } from '../../contracts/http/order.ts';
import { ORDER_ID } from './order-examples.ts';

const queues: QueuesView = {
  queues: [
    { name: 'attention', group: 'need_you', count: 3, oldestAt: '2026-11-27T18:51:03.056Z' },
    { name: 'late', group: 'watch', count: 0 },
  ],
  checkedAt: '2026-11-27T18:52:00.000Z',
};

const session: BoardSessionView = {
  clientId: 'development',
  scopes: ['orders:read', 'stats:read'],
  csrfToken: 'q7nQ3m0m3l0sB2k4G8Qh1Zc5uWwT9dY6aXfJvNprE0I',
  expiresAt: '2026-11-28T06:52:00.000Z',
};

const entry: LogEntry = {
  entryId: 7,
  at: '2026-11-27T18:52:00.000Z',
  action: 'order_cancelled',
  actor: { type: 'operator', id: 'development', sessionId: 'kq1s0T9vXyZb' },
  object: { type: 'order', id: ORDER_ID },
  reason: 'The customer has changed her mind',
  clientId: 'development',
  keyId: 'development',
  sessionId: 'kq1s0T9vXyZb',
  orderId: ORDER_ID,
};

const revealed: RevealedCustomer = {
  orderId: ORDER_ID,
  customer: { email: 'ada@example.com', name: 'Ada' },
  shipping: { name: 'Ada', line1: '1 High St', city: 'Berlin', postalCode: '10115', country: 'DE' },
};

export const BOARD_EXAMPLES = {
  Queues: queues,
  SignInRequest: { key: 'the value of CHECKOUT_API_KEY' } satisfies SignInRequest,
  BoardSession: session,
  LogEntry: entry,
  OrderSearch: { email: 'ada@example.com' } satisfies OrderSearch,
  RevealedCustomer: revealed,
};
