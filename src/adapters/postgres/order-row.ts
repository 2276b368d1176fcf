import type {
  Address,
  AttentionView,
  OrderLine,
  OrderView,
  PaymentStatus,
  RefundView,
  ReservationView,
  ReviewView,
} from '../../contracts/http/order.ts';
import type { OrderStatus } from '../../contracts/order-status.ts';

export interface OrderRow {
  order_id: string;
  client_id: string;
  request_hash: string;
  status: OrderStatus;
  reason: string | null;
  currency: string;
  total: number;
  lines: OrderLine[];
  customer_email: string;
  customer_name: string | null;
  shipping: Address | null;
  payment_method: string;
  review: ReviewView | null;
  attention: AttentionView | null;
  created_at: Date;
  updated_at: Date;
  payment: {
    status: PaymentStatus;
    paymentIntentId: string | null;
    captured: number;
    refunded: number;
    capturable: number;
    captureBefore: string | null;
    declineCode: string | null;
    clientSecret: string | null;
    nextActionUrl: string | null;
  } | null;
  reservations: ReservationView[] | null;
  refunds: RefundView[] | null;
}

/** A parked step `a` as JSON. */
export const PARKED_STEP = `json_build_object('step', a.step, 'reason', a.reason, 'attempts', a.attempts,
  'since', iso_time(a.since), 'actions', a.actions)`;

/** The columns of an {@link OrderRow}; `o` is the order. */
export const ORDER_COLUMNS = `
  o.order_id, o.client_id, o.request_hash, o.status, o.reason, o.currency, o.total, o.lines, o.customer_email,
         o.customer_name, o.shipping, o.payment_method, o.review, o.created_at, o.updated_at,
         (select ${PARKED_STEP} from parked_steps a where a.order_id = o.order_id order by a.since limit 1) as attention,
         (select json_build_object('status', p.status, 'paymentIntentId', p.payment_intent_id, 'captured', p.captured,
                   'refunded', p.refunded, 'capturable', p.capturable, 'captureBefore', iso_time(p.capture_before),
                   'declineCode', p.decline_code, 'clientSecret', p.client_secret,
                   'nextActionUrl', p.next_action_url)
            from payments p where p.order_id = o.order_id
           order by p.late, p.attempt desc limit 1) as payment,
         (select json_agg(json_build_object('sku', r.sku, 'quantity', r.quantity, 'state', r.state) order by r.sku)
            from reservations r where r.order_id = o.order_id) as reservations,
         (select json_agg(json_strip_nulls(json_build_object('refundId', f.refund_id, 'number', f.number,
                   'amount', f.amount, 'status', f.status, 'reason', f.reason,
                   'createdAt', iso_time(f.created_at))) order by f.number)
            from refunds f where f.order_id = o.order_id) as refunds`;

export function toOrderView(row: OrderRow): OrderView {
  const { payment } = row;
  return {
    orderId: row.order_id,
    status: row.status,
    ...(row.reason !== null && { reason: row.reason }),
    currency: row.currency,
    total: row.total,
    customer: { email: row.customer_email, ...(row.customer_name !== null && { name: row.customer_name }) },
    ...(row.shipping && { shipping: row.shipping }),
    lines: row.lines,
    payment: {
      status: payment?.status ?? 'none',
      method: row.payment_method,
      captured: payment?.captured ?? 0,
      refunded: payment?.refunded ?? 0,
      capturable: payment?.capturable ?? 0,
      ...(payment?.captureBefore != null && { captureBefore: payment.captureBefore }),
      ...(payment?.paymentIntentId != null && { paymentIntentId: payment.paymentIntentId }),
      ...(payment?.declineCode != null && { declineCode: payment.declineCode }),
      ...(payment?.clientSecret != null && { clientSecret: payment.clientSecret }),
      ...(payment?.nextActionUrl != null && { nextActionUrl: payment.nextActionUrl }),
    },
    reservations: row.reservations ?? [],
    shipments: [],
    refunds: row.refunds ?? [],
    partiallyRefunded:
      payment !== null &&
      payment.refunded > 0 &&
      (payment.refunded < payment.captured || payment.capturable > 0),
    ...(row.review && { review: row.review }),
    attention: row.attention,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
