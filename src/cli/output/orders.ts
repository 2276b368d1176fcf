import type { AttentionView, OrderEvent, OrderView, ReviewView } from '../../contracts/http/order.ts';
import { ORDER_STATUSES, type OrderStatus } from '../../contracts/order-status.ts';
import { formatMoney } from '../../domain/money.ts';
import { actorText } from './actor.ts';
import { drawDisputesOfOrder } from './disputes.ts';
import { drawPairs, drawTable } from './table.ts';
import { paint, type Output, type Style } from './terminal.ts';

export const STATUS_STYLE: Readonly<Record<OrderStatus, Style>> = {
  placed: 'cyan',
  reserved: 'cyan',
  in_review: 'yellow',
  awaiting_customer: 'yellow',
  payment_unknown: 'magenta',
  paid: 'green',
  shipped: 'green',
  delivered: 'green',
  closed: 'green',
  out_of_stock: 'red',
  payment_failed: 'red',
  rejected: 'red',
  expired: 'red',
  cancelled: 'gray',
  refunded: 'gray',
};

export const paintStatus = (stream: Output, status: OrderStatus, width = 0): string =>
  paint(stream, STATUS_STYLE[status], status.padEnd(width));

/** One order in full. */
export function drawOrder(stream: Output, order: OrderView): string {
  const { payment, customer } = order;
  const pairs: [string, string][] = [
    ['order', order.orderId],
    ['status', statusOf(stream, order)],
    ['total', formatMoney(order.total, order.currency)],
  ];
  if (customer) pairs.push(['customer', [customer.name, customer.email].filter(Boolean).join(', ')]);
  pairs.push(['payment', paymentOf(order)]);
  if (payment.nextActionUrl !== undefined) pairs.push(['to pay', payment.nextActionUrl]);
  if (order.review) pairs.push(...pairsOfReview(order.orderId, order.review));
  if (order.attention) pairs.push(...pairsOfAttention(stream, order.orderId, order.attention));
  pairs.push(['placed', order.createdAt], ['updated', order.updatedAt]);
  const tables = [
    drawLines(stream, order),
    ...(order.refunds.length > 0 ? [drawRefunds(stream, order)] : []),
    ...(order.disputes.length > 0 ? [drawDisputesOfOrder(stream, order.disputes)] : []),
  ];
  return [drawPairs(stream, pairs), ...tables].join('\n\n');
}

function statusOf(stream: Output, { status, reason, cancelledBy, partiallyRefunded }: OrderView): string {
  const flag = partiallyRefunded ? ', partially refunded' : '';
  const by = cancelledBy === undefined ? '' : ` by ${actorText(cancelledBy)}`;
  return `${paintStatus(stream, status)}${flag}${by}${reason === undefined ? '' : ` (${reason})`}`;
}

function pairsOfReview(
  orderId: string,
  { reasons, deadline, decision, note, actor, decidedAt = '' }: ReviewView,
): [string, string][] {
  if (decision === undefined)
    return [
      ['review', `until ${deadline}, because of ${reasons.join(', ')}`],
      ['to decide', `checkout review ${orderId} approve|reject`],
    ];
  const decided = decision === 'approve' ? 'approved' : 'rejected';
  const by = actor === undefined ? '' : ` by ${actorText(actor)}`;
  return [['review', `${decided}${by} ${decidedAt}${note === undefined ? '' : `: ${note}`}`]];
}

/** The step that waits for an operator, and the command that resolves it. */
export const pairsOfAttention = (
  stream: Output,
  orderId: string,
  { step, reason, attempts, since, deadline, actions }: AttentionView,
): [string, string][] => [
  ['attention', paint(stream, 'red', `${step}: ${reason}`)],
  ...(attempts > 0
    ? [
        ['tried', `${attempts === 1 ? 'once' : `${attempts} times`}, waiting since ${since}`] satisfies [
          string,
          string,
        ],
      ]
    : []),
  ...(deadline === undefined ? [] : [['until', deadline] satisfies [string, string]]),
  ['to repair', `checkout attention ${orderId} ${actions.join('|')}`],
];

function paymentOf({ payment, currency }: OrderView): string {
  const parts = [`${payment.status} with ${payment.method}`];
  if (payment.declineCode !== undefined) parts.push(payment.declineCode);
  if (payment.capturable > 0) {
    const { captureBefore: until } = payment;
    parts.push(
      `${formatMoney(payment.capturable, currency)} authorized${until === undefined ? '' : ` until ${until}`}`,
    );
  }
  if (payment.captured > 0) parts.push(`${formatMoney(payment.captured, currency)} captured`);
  if (payment.refunded > 0) parts.push(`${formatMoney(payment.refunded, currency)} refunded`);
  if (payment.disputed > 0) parts.push(`${formatMoney(payment.disputed, currency)} taken back by disputes`);
  return parts.join(', ');
}

function drawLines(stream: Output, { lines, reservations, currency }: OrderView): string {
  const stateOf = (sku: string): string => reservations.find((each) => each.sku === sku)?.state ?? '-';
  return drawTable(
    stream,
    [
      { title: 'sku' },
      { title: 'title' },
      { title: 'quantity', align: 'right' },
      { title: 'price', align: 'right' },
      { title: 'total', align: 'right' },
      { title: 'stock' },
      { title: 'pieces' },
    ],
    lines.map((line) => [
      line.sku,
      line.title,
      String(line.quantity),
      formatMoney(line.unitPrice, currency),
      formatMoney(line.total, currency),
      stateOf(line.sku),
      piecesOf(line),
    ]),
  );
}

const PIECE_COUNTS = ['cancelled', 'shipped', 'delivered', 'returned', 'refunded'] as const;

/** What has become of the pieces of a line: `2 cancelled, 1 shipped`. Nothing, if nothing has. */
const piecesOf = (line: OrderView['lines'][number]): string =>
  PIECE_COUNTS.filter((count) => line[count] > 0)
    .map((count) => `${line[count]} ${count}`)
    .join(', ');

const drawRefunds = (stream: Output, { refunds, currency }: OrderView): string =>
  drawTable(
    stream,
    [
      { title: 'refund' },
      { title: 'amount', align: 'right' },
      { title: 'status' },
      { title: 'requested' },
      { title: 'by' },
      { title: 'why' },
    ],
    refunds.map(({ number, amount, status, createdAt, actor, reason = '' }) => [
      String(number),
      formatMoney(amount, currency),
      status,
      createdAt,
      actorText(actor),
      reason,
    ]),
  );

/** Orders, one on each line. */
export const drawOrders = (stream: Output, orders: readonly OrderView[]): string =>
  drawTable(
    stream,
    [
      { title: 'order' },
      { title: 'status' },
      { title: 'total', align: 'right' },
      { title: 'lines', align: 'right' },
      { title: 'customer' },
      { title: 'placed' },
      { title: 'why' },
    ],
    orders.map((order) => [
      order.orderId,
      paintStatus(stream, order.status) + (order.attention ? paint(stream, 'red', ' !') : ''),
      formatMoney(order.total, order.currency),
      String(order.lines.length),
      order.customer?.email ?? '',
      order.createdAt,
      order.reason ?? '',
    ]),
  );

/** `com.durable-checkout.order.paid.v1` is `paid`. */
export const eventName = (type: string): string => /([^.]+)\.v\d+$/.exec(type)?.[1] ?? type;

/** The status of the order after the event, if the event has one. */
export const statusAfter = ({ type, data }: OrderEvent): OrderStatus | undefined =>
  ORDER_STATUSES.find((status) => status === (data['status'] ?? eventName(type)));

const ACTOR_WIDTH = 22;

const saidBy = ({ reason }: OrderEvent): string => (reason === undefined ? '' : `"${reason}"`);

/** One event on one line: when, which, what, by whom and why. */
export function drawEvent(stream: Output, event: OrderEvent): string {
  const name = eventName(event.type).padEnd(18);
  const status = statusAfter(event);
  const painted = status === undefined ? name : paint(stream, STATUS_STYLE[status], name);
  const code = event.data['reason'];
  const why = [typeof code === 'string' ? code : '', saidBy(event)].filter((part) => part !== '').join('  ');
  return `${paint(stream, 'dim', event.occurredAt)}  ${String(event.sequence).padStart(3)}  ${painted}  ${paint(stream, 'dim', actorText(event.actor).padEnd(ACTOR_WIDTH))}  ${why}`.trimEnd();
}
