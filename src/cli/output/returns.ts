import type { ReturnView } from '../../contracts/http/returns.ts';
import { drawPairs, drawTable } from './table.ts';
import type { Output } from './terminal.ts';

export const drawReturns = (stream: Output, returns: readonly ReturnView[]): string =>
  drawTable(
    stream,
    ['return', 'order', 'status', 'pieces', 'created'].map((title) => ({ title })),
    returns.map(({ returnId, orderId, status, lines, createdAt }) => [
      returnId,
      orderId,
      status,
      lines.map(({ line, quantity }) => `${line}x${quantity}`).join(' '),
      createdAt,
    ]),
  );

/** One return with its pieces and what became of them. */
export function drawReturn(stream: Output, view: ReturnView): string {
  const { returnId, orderId, status, reason, note, lines, receipts, exchange } = view;
  const given = (name: string, value: string | undefined) =>
    value === undefined ? [] : [[name, value] as const];
  const pairs = drawPairs(stream, [
    ['return', returnId],
    ['order', orderId],
    ['status', status],
    ...given('reason', reason),
    ...given('note', note),
    ...given('label', view.labelUrl),
    ...given('tracking', view.trackingCode),
    ...given('exchange', exchange && exchangeOf(exchange)),
  ]);
  const pieces = drawTable(
    stream,
    ['line', 'sku', 'quantity', 'received', 'missing'].map((title) => ({ title })),
    lines.map((each) => [
      String(each.line),
      each.sku,
      String(each.quantity),
      String(each.received),
      String(each.missing),
    ]),
  );
  const arrived = receipts.map(
    ({ at, line, quantity, disposition, location }) =>
      `${at}  ${line}x${quantity} ${disposition} at ${location}`,
  );
  return [pairs, '', pieces, ...(arrived.length > 0 ? ['', ...arrived] : [])].join('\n');
}

const exchangeOf = ({ lines, orderId }: NonNullable<ReturnView['exchange']>): string => {
  const wanted = lines.map(({ sku, quantity }) => `${sku}=${quantity}`).join(' ');
  return orderId === undefined
    ? `${wanted}, ordered when the goods have arrived`
    : `${wanted}, order ${orderId}`;
};
