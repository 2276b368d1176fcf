import { actorText } from './actor.ts';
import type { BatchItem, BatchView } from '../../contracts/http/batches.ts';
import { formatMoney } from '../../domain/money.ts';
import { drawPairs, drawTable } from './table.ts';
import type { Output } from './terminal.ts';

const sumsOf = ({ counts }: BatchView): string =>
  [
    [counts.pending, 'to come'],
    [counts.running, 'in progress'],
    [counts.done, 'done'],
    [counts.failed, 'failed'],
    [counts.leftOut, 'left out'],
  ]
    .filter(([count]) => count !== 0)
    .map(([count, name]) => `${count} ${name}`)
    .join(', ');

const stateOf = ({ state, stopCause }: BatchView): string =>
  stopCause === undefined ? state : `${state}: ${stopCause}`;

export const drawBatches = (stream: Output, batches: readonly BatchView[]): string =>
  drawTable(
    stream,
    ['batch', 'action', 'state', 'orders', 'created'].map((title) => ({ title })),
    batches.map((batch) => [batch.batchId, batch.action, stateOf(batch), sumsOf(batch), batch.createdAt]),
  );

/** A batch in full, with the orders that have failed. */
export function drawBatch(stream: Output, batch: BatchView, failed: readonly BatchItem[]): string {
  const { money, confirmation, note, startedBy, plannedBy } = batch;
  const amounts = money.flatMap(({ currency, out, outOrders, in: taken, inOrders }) => [
    ...(outOrders > 0 ? [`${formatMoney(out, currency)} out in ${outOrders}`] : []),
    ...(inOrders > 0 ? [`${formatMoney(taken, currency)} in in ${inOrders}`] : []),
  ]);
  const pairs = drawPairs(stream, [
    ['batch', batch.batchId],
    ['action', batch.action],
    ['state', stateOf(batch)],
    ['orders', sumsOf(batch)],
    ...(amounts.length === 0 ? [] : [['money', amounts.join(', ')] as const]),
    ['mails', String(batch.mails)],
    ['left out', batch.leftOut.map(({ reason, count }) => `${count} ${reason}`).join(', ')],
    ['by', actorText(startedBy ?? plannedBy)],
    ...(note === undefined ? [] : [['note', note] as const]),
    ...(confirmation === undefined ? [] : [['start it with', `--confirm "${confirmation}"`] as const]),
  ]);
  if (failed.length === 0) return pairs;
  const rows = failed.map(({ orderId, reason, detail }) => [orderId, reason ?? '', detail ?? '']);
  return [
    pairs,
    '',
    drawTable(
      stream,
      ['failed order', 'reason', 'detail'].map((title) => ({ title })),
      rows,
    ),
  ].join('\n');
}
