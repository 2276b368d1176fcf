import type { OrderLine, OrderView } from '../../../src/contracts/http/order.ts';
import { unsent } from '../../lib/order-rules.ts';
import { useTexts } from '../../state/texts.ts';
import { Card } from '../../ui/basics.tsx';

/** What was ordered, and what became of each line. */
export function Lines({ order }: { order: OrderView }) {
  const { t, f } = useTexts();
  return (
    <Card title={t('lines.title')}>
      <table class="ledger">
        <thead>
          <tr>
            <th>{t('lines.item')}</th>
            <th class="num">{t('lines.quantity')}</th>
            <th class="num hide">{t('lines.each')}</th>
            <th class="num">{order.currency}</th>
            <th class="hide">{t('lines.became')}</th>
          </tr>
        </thead>
        <tbody>
          {order.lines.map((line) => (
            <tr key={line.line}>
              <td>
                <b class="strong">{line.title}</b> <span class="faint mono">{line.sku}</span>
                <div class="only-phone faint">
                  <Became line={line} order={order} />
                </div>
              </td>
              <td class="num">{line.quantity}</td>
              <td class="num hide">{f.amount(line.unitPrice, order.currency)}</td>
              <td class="num">{f.amount(line.total, order.currency)}</td>
              <td class="hide">
                <div class="row">
                  <span class="barw">
                    <LineBar line={line} />
                  </span>
                  <span class="muted">
                    <Became line={line} order={order} />
                  </span>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

/** Ends of orders that are never shipped. */
const NOT_SHIPPED: ReadonlySet<OrderView['status']> = new Set([
  'out_of_stock',
  'payment_failed',
  'rejected',
  'expired',
  'cancelled',
  'refunded',
] as const);

const LINE_PARTS = ['delivered', 'shipped', 'returned', 'cancelled'] as const;

/** What became of the pieces of a line. What was delivered was shipped before, and is said once. */
function Became({ line, order }: { line: OrderLine; order: OrderView }) {
  const { t } = useTexts();
  const counts = { ...line, shipped: Math.max(0, line.shipped - line.delivered) };
  const left = unsent(line);
  const parts = LINE_PARTS.filter((part) => counts[part] > 0).map((part) =>
    t(`lines.${part}`, { n: counts[part] }),
  );
  if (line.refunded > 0) parts.push(t('lines.refunded', { n: line.refunded }));
  if (left > 0 && left < line.quantity) parts.push(t('lines.left', { n: left }));
  if (parts.length > 0) return <>{parts.join(', ')}</>;
  if (order.shipping === undefined) return <>{t('lines.noShipping')}</>;
  return <>{t(NOT_SHIPPED.has(order.status) ? 'lines.ended' : 'lines.nothing')}</>;
}

function LineBar({ line }: { line: OrderLine }) {
  const width = (pieces: number) => ((Math.max(0, pieces) / Math.max(1, line.quantity)) * 100).toFixed(1);
  const kept = line.delivered - line.returned;
  const under = line.shipped - line.delivered;
  const back = line.cancelled + line.returned;
  return (
    <svg class="qsvg" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="q-none" width="100" height="8" />
      <rect class="q-done" width={width(kept)} height="8" />
      <rect class="q-sent" x={width(kept)} width={width(under)} height="8" />
      <rect class="q-back" x={width(kept + under)} width={width(back)} height="8" />
    </svg>
  );
}
