import { useState } from 'preact/hooks';
import type { SavedView } from '../../src/contracts/http/order-lists.ts';
import { get } from '../api/client.ts';
import { hrefOf, isSameFilter, queryOf, type OrderFilter } from '../lib/router.ts';
import { useStore } from '../lib/store.ts';
import { CsvDialog } from '../orders/csv-dialog.tsx';
import { Filters } from '../orders/filters.tsx';
import { OrderTable } from '../orders/table.tsx';
import { useCount, useOrders } from '../orders/use-orders.ts';
import { deleteViewAction, ownViewOf, SaveViewDialog } from '../orders/view-actions.tsx';
import { Views } from '../orders/views.tsx';
import { useData } from '../state/data.ts';
import { found } from '../state/found.ts';
import { useKeys } from '../state/keys.ts';
import { go, trail } from '../state/navigation.ts';
import { useTexts } from '../state/texts.ts';
import { Empty, Icon, NeedsScope, ProblemNote, Skeleton, Title, useTitle } from '../ui/basics.tsx';
import { dialogOf, type Opened } from '../ui/dialog.tsx';
import { More } from '../ui/more.tsx';
import { ordersOfFilter } from '../lib/batch.ts';

export function OrdersPage({ filter }: { filter: OrderFilter }) {
  const { t } = useTexts();
  useTitle(t('nav.orders'));
  return (
    <NeedsScope scope="orders:read">
      <Orders key={JSON.stringify(queryOf(filter))} filter={filter} />
    </NeedsScope>
  );
}

function Orders({ filter }: { filter: OrderFilter }) {
  const { t, f } = useTexts();
  const searched = useStore(found);
  const { orders: listed, cursor, problem, newCount, load } = useOrders(filter);
  const count = useCount(filter);
  const saved = useData('views', (signal) => get<{ data: SavedView[] }>('/v1/views', signal));
  const [asked, setAsked] = useState<Opened>();
  const orders = searched ?? listed;
  const ids = orders?.map(({ orderId }) => orderId) ?? [];
  const leave = () => {
    trail.set({ from: location.pathname + location.search, title: t('nav.orders'), ids });
  };
  const open = (orderId: string) => {
    leave();
    go({ page: 'order', orderId });
  };
  const showNew = () => {
    void load();
  };
  useKeys([{ keys: '.', label: t('keys.showNew'), run: showNew }]);
  const own = ownViewOf(saved.data?.data ?? [], filter);

  return (
    <>
      <Title
        title={t('nav.orders')}
        actions={
          <>
            {own ? (
              <button
                type="button"
                class="btn"
                onClick={() => {
                  setAsked(dialogOf(deleteViewAction(own, saved.refresh)));
                }}
              >
                {t('lists.deleteView')}…
              </button>
            ) : (
              !isSameFilter(filter, {}) && (
                <button
                  type="button"
                  class="btn"
                  onClick={() => {
                    setAsked({
                      show: (onClose) => (
                        <SaveViewDialog filter={filter} onDone={saved.refresh} onClose={onClose} />
                      ),
                    });
                  }}
                >
                  {t('lists.saveView')}…
                </button>
              )
            )}
            <button
              type="button"
              class="btn"
              onClick={() => {
                setAsked({
                  show: (onClose) => <CsvDialog filter={filter} count={count} onClose={onClose} />,
                });
              }}
            >
              CSV…
            </button>
          </>
        }
      >
        {t('orders.intro')}
      </Title>
      <Views filter={filter} saved={saved.data?.data ?? []} />
      <Filters filter={filter} />
      {searched && (
        <div class="note">
          <Icon name="search" />
          <span class="grow">{t('orders.found', { n: searched.length })}</span>
          <button
            type="button"
            class="btn sm"
            onClick={() => {
              found.set(undefined);
            }}
          >
            {t('orders.showAll')}
          </button>
        </div>
      )}
      {problem && <ProblemNote problem={problem} retry={showNew} />}
      {newCount > 0 && searched === undefined && (
        <button type="button" class="btn new-rows" onClick={showNew}>
          {t('orders.new', { n: newCount })} <kbd aria-hidden="true">.</kbd>
        </button>
      )}
      <section class="card">
        {orders === undefined ? (
          problem === undefined && <Skeleton rows={12} />
        ) : orders.length === 0 ? (
          <Empty>
            {t('orders.none')}{' '}
            {!isSameFilter(filter, {}) && (
              <a href={hrefOf({ page: 'orders', filter: {} })}>{t('orders.dropFilters')}</a>
            )}
          </Empty>
        ) : (
          <OrderTable
            orders={orders}
            open={open}
            onLeave={leave}
            everything={
              searched === undefined
                ? { text: t('batch.everything'), orders: ordersOfFilter(filter) }
                : undefined
            }
          />
        )}
        {orders !== undefined && orders.length > 0 && (
          <footer>
            <span>
              {searched !== undefined || count === undefined
                ? t('orders.shown', { n: orders.length })
                : t(count.isEstimate ? 'lists.ofAbout' : 'lists.ofCount', {
                    n: orders.length,
                    all: f.count(Math.max(count.count, orders.length)),
                  })}
            </span>
            {searched === undefined && cursor !== undefined && (
              <More onReached={() => void load(cursor)} read={cursor} />
            )}
          </footer>
        )}
      </section>
      {asked?.show(() => {
        setAsked(undefined);
      })}
    </>
  );
}
