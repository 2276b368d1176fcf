import { PROBLEMS, type ProblemView } from '../../contracts/errors.ts';
import type { AuditRequest, AuditView } from '../../contracts/http/audit.ts';
import type {
  DeadLetterCheck,
  DeadLetterSummary,
  DeadLetterView,
  DiscardRequest,
  ReplayRequest,
  SettleManyRequest,
  SettleManyResult,
} from '../../contracts/http/dead-letters.ts';
import type { LocationRequest, LocationView } from '../../contracts/http/locations.ts';
import type { MailView } from '../../contracts/http/mail.ts';
import type { Distribution, StatsView } from '../../contracts/http/stats.ts';
import type { StockAlertView, StockSubscriptionRequest } from '../../contracts/http/stock-alerts.ts';
import type { StockItem, StockItemRequest } from '../../contracts/http/stock.ts';
import type {
  SequenceReset,
  StockSyncReport,
  StockSyncResult,
  StockSyncRow,
} from '../../contracts/http/stock-sync.ts';
import { START_FACTS } from '../lib/start-page.ts';
import { ORDER_ID } from './order-examples.ts';

const problem: ProblemView = {
  type: 'about:blank',
  title: PROBLEMS.invalid_request.title,
  status: PROBLEMS.invalid_request.status,
  code: 'invalid_request',
  detail: 'lines[0].quantity must be >= 1.',
  instance: 'urn:uuid:aad9b2eb-cf50-41c6-9123-92a313b8da45',
  errors: [{ field: 'lines[0].quantity', message: 'must be >= 1' }],
};

const item: StockItem = {
  sku: 'mug-01',
  title: 'Mug',
  unitPrice: 1_200,
  currency: 'EUR',
  weightGrams: 350,
  onHand: 998,
  available: 990,
  held: 3,
  committed: 5,
  unavailable: 0,
  oversold: 0,
  sold: 7,
  lowAt: 10,
  sequence: 7,
  locations: [
    {
      location: 'default',
      onHand: 998,
      available: 990,
      held: 3,
      committed: 5,
      unavailable: 0,
      oversold: 0,
      sold: 7,
      lowAt: 10,
      sequence: 7,
      countedAt: '2026-11-27T18:50:00.000Z',
    },
  ],
};

const location: LocationView = {
  location: 'berlin',
  name: 'Berlin warehouse',
  priority: 10,
  active: true,
  address: {
    name: 'Berlin warehouse',
    line1: 'Lagerstr. 1',
    city: 'Berlin',
    postalCode: '10115',
    country: 'DE',
    phone: '+49 30 1234567',
  },
};

const locationRequest: LocationRequest = { name: 'Berlin warehouse', priority: 10, active: true };

const itemRequest: StockItemRequest = {
  title: 'Mug',
  unitPrice: 1_200,
  currency: 'EUR',
  onHand: 1_000,
  lowAt: 10,
  sequence: 7,
};

const syncRow: StockSyncRow = {
  source: 'warehouse',
  location: 'default',
  sku: 'mug-01',
  kind: 'physical',
  quantity: 998,
  sequence: 41,
  asOf: '2026-11-27T18:00:00Z',
};

const syncResult: StockSyncResult = {
  row: 1,
  sku: 'mug-01',
  location: 'default',
  status: 'applied',
  onHand: 998,
  available: 990,
  oversold: 0,
};

const syncReport: StockSyncReport = {
  data: [syncResult],
  counts: { applied: 1, stale: 0, conflict: 0, error: 0 },
};

const stockAlert: StockAlertView = {
  alertId: 12,
  sku: 'mug-01',
  location: 'default',
  state: 'low',
  available: 9,
  lowAt: 10,
  raisedAt: '2026-11-27T18:52:00.000Z',
  mailStatus: 'sent',
  mailAttempts: 1,
  mailedAt: '2026-11-27T18:52:01.310Z',
};

const mail: MailView = {
  orderId: ORDER_ID,
  kind: 'paid',
  part: 1,
  messageId: `<${ORDER_ID}.paid@shop.example.com>`,
  status: 'sent',
  attempts: 1,
  sentAt: '2026-11-27T18:51:03.025Z',
};

const times: Distribution = { count: 300, average: 212.4, p50: 180.2, p95: 420.7, p99: 618.3 };

const stats: StatsView = {
  windowSeconds: 300,
  throughputPerSecond: 1,
  responseTime: times,
  stages: { reserve: times, charge: times, notify: times },
  orders: { placed: 300, byStatus: { paid: 287, payment_failed: 13 } },
  backlog: 0,
  parked: 0,
  disputes: { open: 0, needResponse: 0 },
  relay: [{ destination: 'rabbitmq', behind: 0, lagMs: 0 }],
  feed: { unnumberedMs: 0, transactionMs: 3.2 },
  carriers: { restarted: 0, lost: 0, lastSweepAt: '2026-11-27T18:55:02.300Z' },
  retention: [{ kind: 'dead_letters', deleted: 12, lastRunAt: '2026-01-31T12:00:00.000Z' }],
  webhooks: { pending: 0, failing: 0, disabled: 0 },
  workflowTasks: { failed: 0, stuck: 0 },
};

const audit: AuditView = {
  auditId: '0b6f4c9a-6d1e-4a8e-9d57-2f0a7c1d3b52',
  state: 'done',
  startedAt: '2026-11-27T18:55:00.000Z',
  finishedAt: '2026-11-27T18:55:02.300Z',
  clean: false,
  checked: { orders: 300, payments: 300, refunds: 4 },
  differenceCount: 1,
  differences: [
    {
      rule: 'charged_twice',
      orderId: ORDER_ID,
      ids: { paymentIntentIds: 'pi_3MtwBwLkdIwHu7ix28a3tqPa, pi_3MtwBxLkdIwHu7ix1bFz0Qyc' },
      detail: '2 payments hold money of the order',
      whatToDo:
        'The customer paid more than once. At the provider, refund every payment except the one that the order shows.',
    },
  ],
};

const deadLetter: DeadLetterSummary = {
  deadLetterId: 'dl_5f1d7a84db00d2fce00b31a7fc73224f1f3c9b2a',
  source: 'kafka',
  position: 'checkout.commands/0@1207',
  messageId: 'storefront-4711',
  type: 'com.durable-checkout.order.place.v1',
  state: 'waiting',
  reason: 'unknown_sku',
  detail: 'The catalogue does not have mug-10.',
  errors: [{ field: 'data.lines[0].sku', message: 'is not in the catalogue' }],
  attempts: 1,
  arrivals: 1,
  size: 214,
  firstSeenAt: '2026-11-27T18:52:10.120Z',
  lastSeenAt: '2026-11-27T18:52:10.120Z',
};

const deadLetterWithMessage: DeadLetterView = {
  ...deadLetter,
  contentType: 'application/json',
  attributes: { id: 'storefront-4711' },
  body: '{"customer":{"email":"ada@example.com"},"currency":"EUR","lines":[{"sku":"mug-10","quantity":1}],"payment":{"method":"pm_card_visa"}}',
};

const deadLetterCheck: DeadLetterCheck = {
  accepted: false,
  type: 'com.durable-checkout.order.place.v1',
  reason: 'invalid_request',
  detail: 'data.lines[0].quantity must be >= 1.',
  errors: [{ field: 'data.lines[0].quantity', message: 'must be >= 1' }],
};

const settled: SettleManyResult = { settled: [deadLetter.deadLetterId], failed: [] };

export const SHOP_EXAMPLES = {
  Problem: problem,
  StockItem: item,
  StockItemRequest: itemRequest,
  Location: location,
  LocationAddress: location.address,
  LocationRequest: locationRequest,
  StockAlert: stockAlert,
  StockSubscriptionRequest: { email: 'ada@example.com', locale: 'en' } satisfies StockSubscriptionRequest,
  StockSubscriptionReceipt: { accepted: true },
  StockChange: { ...item, applied: true },
  StockSyncRow: syncRow,
  StockSyncRequest: [syncRow],
  StockSyncResult: syncResult,
  StockSyncReport: syncReport,
  StockSequenceReset: { reset: 1 } satisfies SequenceReset,
  Mail: mail,
  Stats: stats,
  Audit: audit,
  AuditRequest: { since: '2026-11-27T00:00:00Z' } satisfies AuditRequest,
  DeadLetterSummary: deadLetter,
  DeadLetterCheck: deadLetterCheck,
  DeadLetter: deadLetterWithMessage,
  ReplayRequest: { data: { reason: 'Ordered twice' } } satisfies ReplayRequest,
  DiscardRequest: { note: 'Sent by a test' } satisfies DiscardRequest,
  SettleManyRequest: { source: 'kafka', reason: 'unknown_sku' } satisfies SettleManyRequest,
  SettleManyResult: settled,
  ServerDescription: START_FACTS,
  Liveness: { status: 'ok' },
  Readiness: { status: 'ok', checks: { postgres: 'ok', temporal: 'ok' } },
  StripeEvent: {
    id: 'evt_1MtwBwLkdIwHu7ixEJyoKzqM',
    object: 'event',
    type: 'payment_intent.succeeded',
    data: { object: { id: 'pi_3MtwBwLkdIwHu7ix28a3tqPa', object: 'payment_intent', status: 'succeeded' } },
  },
  StripeEventReceipt: { received: true },
};
