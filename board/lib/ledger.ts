import type { OrderEvent, OrderView, RefundView } from '../../src/contracts/http/order.ts';

/** One movement of money of an order, in or out, in minor units. */
export interface LedgerRow {
  kind: 'captured' | 'refund' | 'disputed' | 'held';
  amount: number;
  direction: 'in' | 'out';
  /** Pending has not happened yet; `void` never did, and is struck. */
  state: 'done' | 'pending' | 'void';
  at?: string;
  refund?: RefundView;
}

/**
 * The money of an order as rows with a column in and a column out, and what the shop keeps: captured less refunded and disputed.
 * A refund that an operator has skipped is struck, since it did not happen.
 */
export function ledgerOf(order: OrderView, events: readonly OrderEvent[] = []) {
  const { payment } = order;
  const rows: LedgerRow[] = [];
  const capturedAt = events.find(({ type }) => /(^|\.)(captured|paid)(\.|$)/.test(type))?.occurredAt;
  if (payment.captured > 0)
    rows.push({
      kind: 'captured',
      amount: payment.captured,
      direction: 'in',
      state: 'done',
      ...(capturedAt !== undefined && { at: capturedAt }),
    });
  if (payment.capturable > 0)
    rows.push({
      kind: 'held',
      amount: payment.capturable,
      direction: 'in',
      state: 'pending',
      ...(payment.captureBefore !== undefined && { at: payment.captureBefore }),
    });
  for (const refund of order.refunds)
    rows.push({
      kind: 'refund',
      amount: refund.amount,
      direction: 'out',
      state: STATES[refund.status],
      at: refund.createdAt,
      refund,
    });
  if (payment.disputed > 0)
    rows.push({ kind: 'disputed', amount: payment.disputed, direction: 'out', state: 'done' });
  return { rows, kept: payment.captured - payment.refunded - payment.disputed };
}

const STATES = { pending: 'pending', succeeded: 'done', resolved: 'done', skipped: 'void' } as const;
