import type { AuditView } from '../../src/contracts/http/audit.ts';
import type { DeadLetterSummary } from '../../src/contracts/http/dead-letters.ts';
import type { DisputeView } from '../../src/contracts/http/disputes.ts';
import type { AttentionView, OrderView } from '../../src/contracts/http/order.ts';
import type { ReturnView } from '../../src/contracts/http/returns.ts';
import type { ListedShipmentView } from '../../src/contracts/http/shipments.ts';
import type { WebhookEndpointView } from '../../src/contracts/http/webhooks.ts';
import { allStock } from '../api/all-stock.ts';
import { type Page, get, pathOf, withQuery } from '../api/client.ts';
import { byCause, stepKind } from '../lib/attention.ts';
import type { QueueName } from '../lib/queues.ts';
import { needsEvidence } from '../lib/status.ts';
import { CauseTitle, attentionRow } from './attention.tsx';
import { disputeRow } from './disputes.tsx';
import { deadLetterRow, differenceRow, endpointRow, isUnwell } from './messages.tsx';
import { plainRow, shipmentRow } from './orders.tsx';
import { oversoldRow } from './oversold.tsx';
import { returnRow } from './returns.tsx';
import { byDeadline, reviewRow } from './review.tsx';
import type { Group } from './row.tsx';
import { When } from '../ui/basics.tsx';

type Loader = (signal: AbortSignal) => Promise<readonly Group[]>;

const ordersOf = (filter: Record<string, string | boolean>, signal: AbortSignal) =>
  get<Page<OrderView>>(withQuery('/v1/orders', { ...filter, limit: 100 }), signal).then(({ data }) => data);

export const LOADERS: Readonly<Record<QueueName, Loader>> = {
  attention: async (signal) => {
    const orders = await ordersOf({ attention: true }, signal);
    const mine = orders.filter(({ attention }) => !hasOwnQueue(attention));
    return byCause(mine).map(({ step, code, orders: ofCause }) => ({
      title: <CauseTitle step={step} code={code} count={ofCause.length} />,
      rows: ofCause.map(attentionRow),
    }));
  },
  'carrier-lost': async (signal) => {
    const orders = await ordersOf({ attention: true }, signal);
    return [
      {
        rows: orders
          .filter(({ attention }) => attention && stepKind(attention.step) === 'carry')
          .map(attentionRow),
      },
    ];
  },
  review: async (signal) => [
    { rows: (await ordersOf({ status: 'in_review' }, signal)).map(reviewRow).sort(byDeadline) },
  ],
  disputes: async (signal) => {
    const { data } = await get<Page<DisputeView>>('/v1/disputes?limit=100', signal);
    return [{ rows: data.filter(needsEvidence).map(disputeRow) }];
  },
  oversold: async (signal) => {
    const items = await allStock(signal);
    return [{ rows: items.filter(({ oversold }) => oversold > 0).map(oversoldRow) }];
  },
  returns: async (signal) => {
    const pages = await Promise.all(
      ['requested', 'open'].map((status) =>
        get<Page<ReturnView>>(withQuery('/v1/returns', { status, limit: 100 }), signal),
      ),
    );
    return pages.map(({ data }) => ({ rows: data.map(returnRow) }));
  },
  'dead-letters': async (signal) => {
    const { data } = await get<Page<DeadLetterSummary>>('/v1/dead-letters?limit=100', signal);
    return [{ rows: data.map(deadLetterRow) }];
  },
  webhooks: async (signal) => {
    const { data } = await get<Page<WebhookEndpointView>>('/v1/webhook-endpoints?limit=100', signal);
    return [{ rows: data.filter(isUnwell).map(endpointRow) }];
  },
  'audit-differences': async (signal) => {
    const { data } = await get<{ data: AuditView[] }>('/v1/audits?limit=5', signal);
    const last = data.find(({ state }) => state === 'done');
    if (last === undefined) return [];
    const { differences = [] } = await get<AuditView>(pathOf('audits', last.auditId), signal);
    return [{ rows: differences.map((difference, index) => differenceRow(last, difference, index)) }];
  },
  'payment-unknown': async (signal) => [
    { rows: (await ordersOf({ status: 'payment_unknown' }, signal)).map(plainRow) },
  ],
  holds: async (signal) => {
    const orders = await ordersOf({ status: 'paid' }, signal);
    return [
      {
        rows: orders
          .filter(({ payment }) => payment.capturable > 0 && payment.captureBefore !== undefined)
          .map((order) => ({
            ...plainRow(order),
            due: order.payment.captureBefore !== undefined && <When at={order.payment.captureBefore} />,
          })),
      },
    ];
  },
  late: async (signal) => {
    const statuses = ['allocated', 'label_bought', 'handed_over', 'in_transit'];
    const pages = await Promise.all(
      statuses.map((status) =>
        get<Page<ListedShipmentView>>(withQuery('/v1/shipments', { status, limit: 100 }), signal),
      ),
    );
    const now = Date.now();
    return [
      {
        rows: pages
          .flatMap(({ data }) => data)
          .filter((shipment) => isLate(shipment, now))
          .map(shipmentRow),
      },
    ];
  },
};

const HOUR_MS = 3_600_000;
/** As the server counts the queue: not handed over after 48 hours, or not delivered after 14 days. */
const isLate = ({ handedOverAt, createdAt }: ListedShipmentView, now: number): boolean =>
  handedOverAt === undefined
    ? now - Date.parse(createdAt) > 48 * HOUR_MS
    : now - Date.parse(handedOverAt) > 14 * 24 * HOUR_MS;

/** Steps with a queue of their own are not shown twice. */
const hasOwnQueue = (attention: AttentionView | null): boolean =>
  attention !== null && ['carry', 'dispute'].includes(stepKind(attention.step));
