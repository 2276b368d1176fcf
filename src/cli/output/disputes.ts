import type { DisputeView } from '../../contracts/http/disputes.ts';
import { formatMoney } from '../../domain/money.ts';
import { drawTable, type Column } from './table.ts';
import type { Output } from './terminal.ts';

const COLUMNS: readonly Column[] = [
  { title: 'dispute' },
  { title: 'amount', align: 'right' },
  { title: 'status' },
  { title: 'reason' },
  { title: 'evidence due' },
  { title: 'opened' },
];

/** The disputes of one order, one on each line. */
export const drawDisputesOfOrder = (stream: Output, disputes: readonly DisputeView[]): string =>
  drawTable(stream, COLUMNS, disputes.map(cellsOf));

/** Disputes with their orders, one on each line. */
export const drawDisputes = (stream: Output, disputes: readonly DisputeView[]): string =>
  drawTable(
    stream,
    [...COLUMNS, { title: 'order' }],
    disputes.map((dispute) => [...cellsOf(dispute), dispute.orderId]),
  );

const cellsOf = (dispute: DisputeView): string[] => [
  dispute.disputeId,
  formatMoney(dispute.amount, dispute.currency),
  `${dispute.status}${dispute.fundsWithdrawn ? ', money withdrawn' : ''}`,
  dispute.reason,
  dispute.outcome === undefined ? (dispute.evidenceDueAt ?? '') : '',
  dispute.openedAt,
];
