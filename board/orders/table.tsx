import type { OrderView } from '../../src/contracts/http/order.ts';
import { hrefOf } from '../lib/router.ts';
import { textOr, useTexts } from '../state/texts.ts';
import { Id, When } from '../ui/basics.tsx';
import { OrderPills } from '../ui/order-pills.tsx';
import type { BatchChoice } from '../ui/batch-button.tsx';
import { useRows } from '../ui/rows.ts';
import { SelectAllCell, SelectCell, SelectionBar, useSelection, type Selection } from '../ui/selection.tsx';
import { useWindow } from '../ui/window.ts';

const BATCH_ACTIONS = [
  'cancel',
  'refund',
  'capture',
  'approve',
  'reject',
  'retry',
  'skip',
  'resolve',
] as const;

/**
 * Orders as rows, which can be selected for a batch. A long list is rendered in a window: only what is near the view is in the page.
 *
 * @param everything the choice of everything that matches, where the list is a query
 */
export function OrderTable({
  orders,
  open,
  onLeave,
  everything,
}: {
  orders: readonly OrderView[];
  open: (orderId: string) => void;
  onLeave: () => void;
  everything: BatchChoice | undefined;
}) {
  const { t } = useTexts();
  const shown = useWindow(orders.length);
  const ids = orders.map(({ orderId }) => orderId);
  const { rowOf, focus } = useRows(ids, open, undefined, shown.reveal);
  const selection = useSelection(ids, focus);
  return (
    <>
      <table class="tbl fold" ref={shown.table} aria-rowcount={orders.length + 1} onClick={onLeave}>
        <thead>
          <tr>
            <SelectAllCell count={orders.length} selection={selection} />
            <th>{t('orders.order')}</th>
            <th>{t('orders.changed')}</th>
            <th>{t('orders.customer')}</th>
            <th>{t('orders.lines')}</th>
            <th class="num">{t('orders.total')}</th>
            <th>{t('orders.status')}</th>
          </tr>
        </thead>
        <tbody>
          <Space height={shown.above} />
          {orders.slice(shown.from, shown.to).map((order, index) => {
            const at = shown.from + index;
            return (
              <OrderRow
                key={order.orderId}
                order={order}
                selection={selection}
                attributes={{ ...rowOf(order.orderId, at), 'aria-rowindex': at + 2 }}
              />
            );
          })}
          <Space height={shown.below} />
        </tbody>
      </table>
      <SelectionBar selection={selection} actions={BATCH_ACTIONS} everything={everything} />
    </>
  );
}

/** In place of the rows that are not rendered. Its height is an attribute of SVG, since styles in the page are not allowed. */
const Space = ({ height }: { height: number }) =>
  height === 0 ? null : (
    <tr class="space" aria-hidden="true">
      <td colSpan={7}>
        <svg width="1" height={height} />
      </td>
    </tr>
  );

function OrderRow({
  order,
  selection,
  attributes,
}: {
  order: OrderView;
  selection: Selection;
  attributes: ReturnType<ReturnType<typeof useRows>['rowOf']> & { 'aria-rowindex': number };
}) {
  const { t, f } = useTexts();
  return (
    <tr {...attributes}>
      <SelectCell id={order.orderId} selection={selection} />
      <td class="id">
        <a href={hrefOf({ page: 'order', orderId: order.orderId })}>
          <Id id={order.orderId} />
        </a>
      </td>
      <td class="muted nowrap hide">
        <When at={order.updatedAt} />
      </td>
      <td class="hide masked nowrap">{order.customer?.email ?? '–'}</td>
      <td class="muted nowrap hide">
        {t('orders.lineCount', { n: order.lines.length })},{' '}
        {t('orders.pieceCount', {
          n: order.lines.reduce((sum, { quantity }) => sum + quantity, 0),
        })}
      </td>
      <td class="num">{f.money(order.total, order.currency)}</td>
      <td class="full">
        <span class="row wrap pills">
          <OrderPills order={order} />
          <Reason order={order} />
        </span>
      </td>
    </tr>
  );
}

/** Why an order has its status, in words. */
function Reason({ order }: { order: OrderView }) {
  const { t, f } = useTexts();
  if (order.status === 'in_review' && order.review)
    return <span class="faint">{t('orders.until', { time: f.moment(order.review.deadline) })}</span>;
  const code = order.payment.declineCode ?? order.reason;
  // `out_of_stock:mug-01` names the item.
  const said = code?.replace(new RegExp(`^${order.status}:?`), '') ?? '';
  if (said === '') return null;
  const [name = said, item] = said.split(':');
  return (
    <span class="faint" title={code}>
      {textOr(`reason.${name}`, name)} {item}
    </span>
  );
}
