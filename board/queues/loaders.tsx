import type { AuditView } from '../../src/contracts/http/audit.ts';
import type { DeadLetterSummary } from '../../src/contracts/http/dead-letters.ts';
import type { DisputeView } from '../../src/contracts/http/disputes.ts';
import type { OrderView } from '../../src/contracts/http/order.ts';
import type { ReturnView } from '../../src/contracts/http/returns.ts';
import type { ListedShipmentView } from '../../src/contracts/http/shipments.ts';
import type { StockItem } from '../../src/contracts/http/stock.ts';
import type { WebhookEndpointView } from '../../src/contracts/http/webhooks.ts';
import { get, pathOf } from '../api/client.ts';
import { readPages, type Listed } from '../api/pages.ts';
import { hasScope } from '../api/session.ts';
import { byCause, stepKind } from '../lib/attention.ts';
import type { QueueName } from '../lib/queues.ts';
import { needsEvidence } from '../lib/status.ts';
import { attentionRow, CauseTitle, hasOwnQueue } from './attention.tsx';
import { disputeRow } from './disputes.tsx';
import { differenceRow } from './differences.tsx';
import { deadLetterRow, endpointRow, isUnwell } from './messages.tsx';
import { shipmentRow } from './late.tsx';
import { holdRow, unknownRow } from './orders.tsx';
import { oversoldRow } from './oversold.tsx';
import { returnRow } from './returns.tsx';
import { byDeadline, reviewRow, ReviewTitle } from './review.tsx';
import type { Groups, Row } from './row.tsx';

/** Reads the first `pages` pages of a queue, of a hundred entries each, those that have waited for longest first. */
type Loader = (signal: AbortSignal, pages: number) => Promise<Groups>;

const ordersOf = (
  filter: Record<string, string | boolean>,
  pages: number,
  signal: AbortSignal,
): Promise<Listed<OrderView>> => readPages('/v1/orders', { ...filter, sort: 'oldest' }, pages, signal);

/** One group with the rows of what was read. */
function oneGroup<T>({ data, hasMore }: Listed<T>, toRow: (item: T) => Row): Groups {
  return { groups: [{ rows: data.map(toRow) }], hasMore };
}

export const LOADERS: Readonly<Record<QueueName, Loader>> = {
  attention: async (signal, pages) => {
    const { data, hasMore } = await ordersOf({ attention: true }, pages, signal);
    const causes = byCause(data.filter(({ attention }) => !hasOwnQueue(attention)));
    const groups = causes.map(({ step, code, orders }) => ({
      title: <CauseTitle step={step} code={code} count={orders.length} />,
      rows: orders.map(attentionRow),
    }));
    return { groups, hasMore };
  },
  'carrier-lost': async (signal, pages) => {
    const { data, hasMore } = await ordersOf({ attention: true }, pages, signal);
    const lost = data.filter(({ attention }) => attention && stepKind(attention.step) === 'carry');
    return { groups: [{ rows: lost.map(attentionRow) }], hasMore };
  },
  review: async (signal, pages) => {
    const { data, hasMore } = await ordersOf({ status: 'in_review' }, pages, signal);
    return { groups: [{ title: <ReviewTitle />, rows: data.map(reviewRow).sort(byDeadline) }], hasMore };
  },
  disputes: async (signal, pages) => {
    const { data, hasMore } = await readPages<DisputeView>('/v1/disputes', {}, pages, signal);
    // The step that waits for the answer is that of the order.
    const waiting = hasScope('orders:read')
      ? await ordersOf({ attention: true }, pages, signal)
      : { data: [] };
    const orders = new Map(waiting.data.map((order) => [order.orderId, order]));
    const rows = data
      .filter(needsEvidence)
      .sort((a, b) => (a.evidenceDueAt ?? '').localeCompare(b.evidenceDueAt ?? ''))
      .map((dispute) => disputeRow(dispute, orders.get(dispute.orderId)));
    return { groups: [{ rows }], hasMore };
  },
  oversold: async (signal, pages) => {
    const { data, hasMore } = await readPages<StockItem>('/v1/stock', { state: 'oversold' }, pages, signal);
    return oneGroup({ data: data.toSorted((a, b) => b.oversold - a.oversold), hasMore }, oversoldRow);
  },
  returns: async (signal, pages) => {
    const found = await Promise.all(
      ['requested', 'open'].map((status) => readPages<ReturnView>('/v1/returns', { status }, pages, signal)),
    );
    return {
      groups: found.map(({ data }) => ({ rows: data.map(returnRow) })),
      hasMore: found.some(({ hasMore }) => hasMore),
    };
  },
  'dead-letters': async (signal, pages) =>
    oneGroup(
      await readPages<DeadLetterSummary>('/v1/dead-letters', { state: 'waiting' }, pages, signal),
      deadLetterRow,
    ),
  webhooks: async (signal, pages) => {
    const { data, hasMore } = await readPages<WebhookEndpointView>(
      '/v1/webhook-endpoints',
      {},
      pages,
      signal,
    );
    return { groups: [{ rows: data.filter(isUnwell).map(endpointRow) }], hasMore };
  },
  'audit-differences': async (signal) => {
    const { data } = await get<{ data: AuditView[] }>('/v1/audits?limit=5', signal);
    const last = data.find(({ state }) => state === 'done');
    if (last === undefined) return { groups: [], hasMore: false };
    const { differences = [] } = await get<AuditView>(pathOf('audits', last.auditId), signal);
    const rows = differences.map((difference, index) => differenceRow(last, difference, index));
    return { groups: [{ rows }], hasMore: false };
  },
  'payment-unknown': async (signal, pages) =>
    oneGroup(await ordersOf({ status: 'payment_unknown' }, pages, signal), unknownRow),
  holds: async (signal, pages) => {
    const { data, hasMore } = await ordersOf({ holdEndsSoon: true }, pages, signal);
    const end = ({ payment }: OrderView) => payment.captureBefore ?? '';
    const soonest = data.toSorted((a, b) => end(a).localeCompare(end(b)));
    return oneGroup({ data: soonest, hasMore }, holdRow);
  },
  late: async (signal, pages) => {
    const { data, hasMore } = await readPages<ListedShipmentView>(
      '/v1/shipments',
      { late: true },
      pages,
      signal,
    );
    const since = ({ handedOverAt, createdAt }: ListedShipmentView) => handedOverAt ?? createdAt;
    return oneGroup(
      { data: data.toSorted((a, b) => since(a).localeCompare(since(b))), hasMore },
      shipmentRow,
    );
  },
};
