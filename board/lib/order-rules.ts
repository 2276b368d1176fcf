import type { DisputeView } from '../../src/contracts/http/disputes.ts';
import type { OrderLine, OrderView } from '../../src/contracts/http/order.ts';

/** What of an order can still be done, as far as the order shows it. The server decides, and says why not. */

const ENDED: readonly string[] = [
  'cancelled',
  'out_of_stock',
  'payment_failed',
  'rejected',
  'expired',
  'refunded',
  'closed',
];

/** The pieces of a line that can still be cancelled or sent: neither cancelled nor handed over. */
export const unsent = ({ quantity, cancelled, shipped }: OrderLine): number =>
  Math.max(0, quantity - cancelled - shipped);

/** The pieces of a line whose money has not gone back. */
export const unrefunded = ({ quantity, cancelled, refunded }: OrderLine): number =>
  Math.max(0, quantity - Math.max(cancelled, refunded));

/** The pieces of a line that the customer has, less those that a return expects already. */
export function returnable({ line, delivered, returned }: OrderLine, { returns }: OrderView): number {
  const expected = returns
    .filter(({ status }) => status === 'requested' || status === 'open')
    .flatMap(({ lines }) => lines)
    .filter((each) => each.line === line)
    .reduce((sum, each) => sum + each.quantity - each.received - each.missing, 0);
  return Math.max(0, delivered - returned - expected);
}

export const isCancellable = ({ status, lines, disputes }: OrderView): boolean =>
  !ENDED.includes(status) &&
  lines.some((line) => unsent(line) > 0) &&
  !disputes.some((dispute) => refusesRefunds(dispute) && dispute.outcome === undefined);

/** Some pieces can be cancelled. Before the payment the order can only be cancelled as a whole. */
export const areLinesCancellable = ({ status }: OrderView): boolean =>
  ['paid', 'shipped', 'delivered'].includes(status);

/** The provider refunds nothing: the customer may get the money by the dispute, or has got it. An inquiry takes no money. */
const refusesRefunds = ({ status }: Pick<DisputeView, 'status'>): boolean =>
  !status.startsWith('warning_') && status !== 'won' && status !== 'prevented';

export const isCapturable = ({ payment }: OrderView): boolean =>
  payment.capturable > 0 && payment.status !== 'cancelled';

/** Paid, and something of it is not handed over. */
export const isShippable = ({ status, shipping, lines }: OrderView): boolean =>
  ['paid', 'shipped', 'delivered'].includes(status) &&
  shipping !== undefined &&
  lines.some((line) => unsent(line) > 0);

/** Before a label is bought. */
export const isAddressOpen = (order: OrderView): boolean =>
  isShippable(order) &&
  (order.shipments.length === 0 ||
    order.shipments.some(({ status }) => ['pending', 'allocated', 'on_hold'].includes(status)));

export const isReturnable = (order: OrderView): boolean =>
  order.lines.some((line) => returnable(line, order) > 0);

/** What can still be refunded of an order, in minor units: less what is on its way back already. */
export function refundable({ payment, refunds, disputes }: OrderView): number {
  if (disputes.some(refusesRefunds)) return 0;
  const pending = refunds
    .filter(({ status }) => status === 'pending')
    .reduce((sum, { amount }) => sum + amount, 0);
  return Math.max(0, payment.captured - payment.refunded - pending - payment.disputed);
}

/** The lines of an exchange as a person types them: `mug-01 × 2, print-01`. `undefined`: it cannot be read. */
export function parseExchange(text: string): { sku: string; quantity: number }[] | undefined {
  const parts = text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const lines: { sku: string; quantity: number }[] = [];
  for (const part of parts) {
    const [, sku, times, spaced] =
      /^([A-Za-z0-9][A-Za-z0-9._-]{0,63})(?:\s*[×*]\s*(\d{1,4})|\s+x?\s*(\d{1,4}))?$/.exec(part) ?? [];
    const quantity = Number(times ?? spaced ?? 1);
    if (sku === undefined || quantity < 1 || quantity > 1_000) return undefined;
    lines.push({ sku, quantity });
  }
  return lines;
}
