import type {
  Address,
  AttentionView,
  Locale,
  OrderLine,
  OrderView,
  PaymentStatus,
  RefundView,
  ReservationView,
  ReviewView,
} from '../../contracts/http/order.ts';
import type { DisputeView } from '../../contracts/http/disputes.ts';
import type { ReturnView } from '../../contracts/http/returns.ts';
import type { ShipmentView } from '../../contracts/http/shipments.ts';
import type { OrderStatus } from '../../contracts/order-status.ts';
import { recordedTraceId } from '../../domain/trace-context.ts';
import { orderLine, type LineProgress, type StoredLine } from '../../domain/order-lines.ts';

export interface OrderRow {
  order_id: string;
  client_id: string;
  request_hash: string;
  status: OrderStatus;
  reason: string | null;
  currency: string;
  total: number;
  lines: StoredLine[];
  /** Absent for a line to which nothing has happened. */
  line_progress: ({ line: number } & LineProgress)[] | null;
  customer_email: string;
  customer_name: string | null;
  shipping: Address | null;
  locale: Locale | null;
  payment_method: string;
  traceparent: string | null;
  review: ReviewView | null;
  attention: AttentionView | null;
  created_at: Date;
  updated_at: Date;
  payment: {
    status: PaymentStatus;
    paymentIntentId: string | null;
    captured: number;
    refunded: number;
    disputed: number;
    capturable: number;
    captureBefore: string | null;
    declineCode: string | null;
    clientSecret: string | null;
    nextActionUrl: string | null;
  } | null;
  reservations: ReservationView[] | null;
  refunds: RefundView[] | null;
  disputes: DisputeView[] | null;
  shipments: ShipmentView[] | null;
  returns: ReturnView[] | null;
}

/** A parked step `a` as JSON. */
export const PARKED_STEP = `json_strip_nulls(json_build_object('step', a.step, 'reason', a.reason, 'attempts', a.attempts,
  'since', iso_time(a.since), 'deadline', iso_time(a.deadline), 'actions', a.actions))`;

/** A return `r` as JSON. */
export const RETURN_VIEW = `json_strip_nulls(json_build_object('returnId', r.return_id, 'orderId', r.order_id,
  'number', r.number, 'status', r.status, 'reason', r.reason, 'note', r.note,
  'lines', (select json_agg(json_build_object('line', rl.line, 'sku', rl.sku, 'quantity', rl.quantity,
              'received', rl.received, 'missing', rl.missing) order by rl.line)
              from return_lines rl where rl.return_id = r.return_id),
  'receipts', (select coalesce(json_agg(json_strip_nulls(json_build_object('line', c.line, 'quantity', c.quantity,
                 'disposition', c.disposition, 'location', c.location_id, 'refundId', c.refund_id,
                 'at', iso_time(c.at))) order by c.at, c.line), '[]')
                 from return_receipts c where c.return_id = r.return_id),
  'exchange', case when r.exchange is not null
                   then json_build_object('lines', r.exchange, 'orderId', r.exchange_order_id) end,
  'carrier', r.carrier, 'trackingCode', r.tracking_code, 'labelUrl', r.label_url,
  'createdAt', iso_time(r.created_at), 'updatedAt', iso_time(r.updated_at)))`;

/** A dispute `d` as JSON. */
export const DISPUTE_VIEW = `json_strip_nulls(json_build_object('disputeId', d.dispute_id, 'orderId', d.order_id,
  'paymentIntentId', d.payment_intent_id, 'amount', d.amount, 'currency', d.currency, 'reason', d.reason, 'status', d.status,
  'outcome', case when dispute_is_closed(d.status) then d.status end, 'evidenceDueAt', iso_time(d.evidence_due_at),
  'fundsWithdrawn', d.funds_withdrawn, 'openedAt', iso_time(d.opened_at), 'closedAt', iso_time(d.closed_at),
  'updatedAt', iso_time(d.updated_at)))`;

/** A shipment `s` as JSON. */
export const SHIPMENT_VIEW = `json_strip_nulls(json_build_object('shipmentId', s.shipment_id, 'number', s.number,
  'status', s.status, 'location', s.location_id, 'carrier', s.carrier, 'service', s.service,
  'trackingCode', s.tracking_code, 'trackingUrl', s.tracking_url, 'labelUrl', s.label_url,
  'lines', (select json_agg(json_build_object('line', sl.line, 'sku', sl.sku, 'quantity', sl.quantity) order by sl.line)
              from shipment_lines sl where sl.shipment_id = s.shipment_id),
  'tracking', s.tracking, 'replaces', s.replaces, 'handedOverAt', iso_time(s.handed_over_at),
  'deliveredAt', iso_time(s.delivered_at), 'createdAt', iso_time(s.created_at), 'updatedAt', iso_time(s.updated_at)))`;

/** The columns of an {@link OrderRow}; `o` is the order. */
export const ORDER_COLUMNS = `
  o.order_id, o.client_id, o.request_hash, o.status, o.reason, o.currency, o.total, o.lines, o.customer_email,
         o.customer_name, o.shipping, o.locale, o.payment_method, o.traceparent, o.review, o.created_at, o.updated_at,
         (select ${PARKED_STEP} from parked_steps a where a.order_id = o.order_id order by a.since limit 1) as attention,
         (select json_build_object('status', p.status, 'paymentIntentId', p.payment_intent_id, 'captured', p.captured,
                   'refunded', p.refunded, 'disputed', (select coalesce(sum(d.amount), 0) from disputes d
                     where d.order_id = p.order_id and d.payment_intent_id = p.payment_intent_id and d.currency = p.currency
                       and d.funds_withdrawn and d.status <> 'won'),
                   'capturable', p.capturable, 'captureBefore', iso_time(p.capture_before),
                   'declineCode', p.decline_code, 'clientSecret', p.client_secret,
                   'nextActionUrl', p.next_action_url)
            from payments p where p.order_id = o.order_id
           order by p.late, p.attempt desc limit 1) as payment,
         (select json_agg(json_strip_nulls(json_build_object('sku', r.sku, 'quantity', r.quantity, 'location', r.location_id,
                   'state', r.state, 'short', nullif(r.short, 0))) order by r.sku, r.location_id)
            from reservations r where r.order_id = o.order_id) as reservations,
         (select json_agg(json_strip_nulls(json_build_object('refundId', f.refund_id, 'number', f.number,
                   'kind', f.kind, 'amount', f.amount,
                   'lines', (select json_agg(part - 'uncaptured' order by n) from jsonb_array_elements(f.lines) with ordinality x(part, n)),
                   'status', f.status, 'reason', f.reason,
                   'createdAt', iso_time(f.created_at))) order by f.number)
            from refunds f where f.order_id = o.order_id) as refunds,
         (select json_agg(${DISPUTE_VIEW} order by d.opened_at, d.dispute_id)
            from disputes d where d.order_id = o.order_id) as disputes,
         (select json_agg(json_build_object('line', l.line, 'cancelled', l.cancelled, 'shipped', l.shipped,
                   'delivered', l.delivered, 'returned', l.returned, 'refunded', l.refunded,
                   'refundedAmount', l.refunded_amount))
            from order_lines l where l.order_id = o.order_id) as line_progress,
         (select json_agg(${SHIPMENT_VIEW} order by s.number)
            from shipments s where s.order_id = o.order_id) as shipments,
         (select json_agg(${RETURN_VIEW} order by r.number)
            from returns r where r.order_id = o.order_id) as returns`;

export function toOrderView(row: OrderRow): OrderView {
  const { payment } = row;
  const progress = new Map(row.line_progress?.map(({ line, ...happened }) => [line, happened]));
  const lines = row.lines.map((line, index) => orderLine(line, index + 1, progress.get(index + 1)));
  const pieces = (count: (line: OrderLine) => number): number =>
    lines.reduce((sum, line) => sum + count(line), 0);
  const shipped = pieces((line) => line.shipped);
  const returned = pieces((line) => line.returned);
  const traceId = recordedTraceId(row.traceparent ?? undefined);
  return {
    orderId: row.order_id,
    status: row.status,
    ...(row.reason !== null && { reason: row.reason }),
    currency: row.currency,
    total: row.total,
    customer: { email: row.customer_email, ...(row.customer_name !== null && { name: row.customer_name }) },
    ...(row.shipping && { shipping: row.shipping }),
    ...(row.locale !== null && { locale: row.locale }),
    lines,
    payment: {
      status: payment?.status ?? 'none',
      method: row.payment_method,
      captured: payment?.captured ?? 0,
      refunded: payment?.refunded ?? 0,
      disputed: payment?.disputed ?? 0,
      capturable: payment?.capturable ?? 0,
      ...(payment?.captureBefore != null && { captureBefore: payment.captureBefore }),
      ...(payment?.paymentIntentId != null && { paymentIntentId: payment.paymentIntentId }),
      ...(payment?.declineCode != null && { declineCode: payment.declineCode }),
      ...(payment?.clientSecret != null && { clientSecret: payment.clientSecret }),
      ...(payment?.nextActionUrl != null && { nextActionUrl: payment.nextActionUrl }),
    },
    reservations: row.reservations ?? [],
    shipments: row.shipments ?? [],
    returns: row.returns ?? [],
    refunds: row.refunds ?? [],
    disputes: row.disputes ?? [],
    partiallyShipped: shipped > 0 && shipped < pieces((line) => line.quantity - line.cancelled),
    partiallyReturned: returned > 0 && returned < pieces((line) => line.delivered),
    partiallyRefunded:
      payment !== null &&
      payment.refunded > 0 &&
      (payment.refunded < payment.captured || payment.capturable > 0),
    ...(row.review && { review: row.review }),
    attention: row.attention,
    ...(traceId !== undefined && { traceId }),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
