import { useState } from 'preact/hooks';
import { hasScope } from '../api/session.ts';
import { hrefOf } from '../lib/router.ts';
import { type RecentOrder, useRecentOrders } from '../state/recent.ts';
import { useTexts } from '../state/texts.ts';
import { Card, Empty, Id, Skeleton, When } from '../ui/basics.tsx';
import { StatusPill } from '../ui/order-pills.tsx';

export function Latest() {
  const { t } = useTexts();
  const [isHeld, setHeld] = useState(false);
  const orders = useRecentOrders(isHeld);
  if (!hasScope('orders:read')) return <div />;
  const hold = () => {
    setHeld(true);
  };
  const release = () => {
    setHeld(false);
  };
  return (
    <Card
      title={t('now.latest')}
      more={
        <>
          <span class="only-wide">{t(isHeld ? 'now.held' : 'now.noNames')}</span>
          <a href={hrefOf({ page: 'orders', filter: {} })}>{t('now.allOrders')}</a>
        </>
      }
    >
      {orders === undefined ? (
        <Skeleton rows={8} />
      ) : orders.length === 0 ? (
        <Empty>
          {t('now.noOrders')} <code>npx checkout place</code>
        </Empty>
      ) : (
        // Nothing moves under the pointer.
        <table
          class="tbl fold"
          onMouseEnter={hold}
          onMouseLeave={release}
          onFocusIn={hold}
          onFocusOut={release}
        >
          <thead>
            <tr>
              <th>{t('now.time')}</th>
              <th>{t('orders.order')}</th>
              <th class="num">{t('orders.total')}</th>
              <th>{t('orders.status')}</th>
            </tr>
          </thead>
          <tbody>
            {orders.slice(0, 8).map((order) => (
              <LatestRow key={order.orderId} order={order} />
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function LatestRow({ order }: { order: RecentOrder }) {
  const { f } = useTexts();
  return (
    <tr>
      <td class="faint nowrap hide">
        <When at={order.updatedAt} seconds />
      </td>
      <td class="id">
        <a href={hrefOf({ page: 'order', orderId: order.orderId })}>
          <Id id={order.orderId} />
        </a>
      </td>
      <td class="num">{f.money(order.total, order.currency)}</td>
      <td class="full">
        <StatusPill status={order.status} />
      </td>
    </tr>
  );
}
