import type { BoardSessionView, LogEntry, QueuesView, SignInRequest } from '../../contracts/http/board.ts';
import type {
  NewSavedView,
  OrderCount,
  OrderFilterView,
  SavedView,
} from '../../contracts/http/order-lists.ts';
import type { Setting, SettingsView } from '../../contracts/http/settings.ts';
import type { SeriesMark, SeriesPoint, StatsSeriesView } from '../../contracts/http/stats-series.ts';
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

const filter: OrderFilterView = { status: 'payment_failed', createdAfter: '2026-11-01T00:00:00.000Z' };
const newView: NewSavedView = { name: 'Failed in November', isShared: true, filter };
const savedView: SavedView = {
  viewId: 'view_q7nQ3m0m3l0s',
  ...newView,
  isOwn: true,
  updatedAt: '2026-11-27T18:52:00.000Z',
};

const setting: Setting = {
  name: 'PORT',
  value: '3000',
  isSet: true,
  isSecret: false,
  source: 'default',
  default: '3000',
  accepts: 'a port, a whole number from 1 to 65535',
};
const settings: SettingsView = {
  settings: [setting],
  versions: { checkout: '0.3.0', node: '24.11.0', postgres: '18.1', temporal: '1.31.0' },
  builtAt: '2026-11-27T10:00:00.000Z',
  startedAt: '2026-11-27T18:00:00.000Z',
};

const point: SeriesPoint = { at: '2026-11-27T18:51:30.000Z', seconds: 30, placed: 412, decided: 409 };
const mark: SeriesMark = { at: '2026-11-27T18:51:03.056Z', kind: 'attention', subject: 'refundPayment' };
const series: StatsSeriesView = { windowSeconds: 1_800, stepSeconds: 30, points: [point], marks: [mark] };

export const BOARD_EXAMPLES = {
  OrderFilter: filter,
  OrderCount: { count: 1_204, isEstimate: false } satisfies OrderCount,
  NewSavedView: newView,
  SavedView: savedView,
  Setting: setting,
  Settings: settings,
  SeriesPoint: point,
  SeriesMark: mark,
  StatsSeries: series,
  Queues: queues,
  SignInRequest: { key: 'the value of CHECKOUT_API_KEY' } satisfies SignInRequest,
  BoardSession: session,
  LogEntry: entry,
  OrderSearch: { email: 'ada@example.com' } satisfies OrderSearch,
  RevealedCustomer: revealed,
};
