import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { get, withQuery, type Page } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { hrefOf, type OrderFilter } from '../lib/router.ts';
import { STATUS_LOOK } from '../lib/status.ts';
import { useKeys } from '../state/keys.ts';
import { found } from '../state/found.ts';
import { go, trail } from '../state/navigation.ts';
import { useStore } from '../lib/store.ts';
import { textOr, useTexts } from '../state/texts.ts';
import { Empty, Icon, Id, NeedsScope, ProblemNote, Skeleton, Title, useTitle, When } from '../ui/basics.tsx';
import { OrderPills } from '../ui/order-pills.tsx';
import { useRows } from '../ui/rows.ts';

const PAGE_SIZE = 50;
/** How often new orders are looked for. They wait behind a line, so that no row moves. Milliseconds. */
const NEW_MS = 5_000;

export function OrdersPage({ filter }: { filter: OrderFilter }) {
  const { t } = useTexts();
  useTitle(t('nav.orders'));
  return (
    <NeedsScope scope="orders:read">
      <Orders key={JSON.stringify(filter)} filter={filter} />
    </NeedsScope>
  );
}

const listPath = (filter: OrderFilter, limit: number, cursor?: string) =>
  withQuery('/v1/orders', { ...filter, limit, cursor });

/** Views that are one click away. Every other status is in the list of the filter. */
const VIEWS: readonly {
  filter: OrderFilter;
  text: 'orders.all' | `status.${OrderView['status']}` | 'flag.attention';
}[] = [
  { filter: {}, text: 'orders.all' },
  { filter: { attention: true }, text: 'flag.attention' },
  { filter: { status: 'in_review' }, text: 'status.in_review' },
  { filter: { status: 'awaiting_customer' }, text: 'status.awaiting_customer' },
  { filter: { status: 'payment_unknown' }, text: 'status.payment_unknown' },
  { filter: { status: 'paid' }, text: 'status.paid' },
  { filter: { status: 'shipped' }, text: 'status.shipped' },
];

/** An endless list in pages by cursor. */
function useOrders(filter: OrderFilter) {
  const [orders, setOrders] = useState<readonly OrderView[]>();
  const [cursor, setCursor] = useState<string>();
  const [problem, setProblem] = useState<ApiProblem>();
  const [newIds, setNewIds] = useState(0);
  const isLoading = useRef(false);

  const load = useCallback(
    async (after?: string) => {
      if (isLoading.current) return;
      isLoading.current = true;
      try {
        const page = await get<Page<OrderView>>(listPath(filter, PAGE_SIZE, after));
        setOrders((before) => (after === undefined ? page.data : [...(before ?? []), ...page.data]));
        setCursor(page.nextCursor);
        setProblem(undefined);
        if (after === undefined) setNewIds(0);
      } catch (error) {
        setProblem(error instanceof ApiProblem ? error : new ApiProblem(0, 'failed', String(error)));
      } finally {
        isLoading.current = false;
      }
    },
    [filter],
  );
  useEffect(() => {
    void load();
  }, [load]);

  // Rows change in place; new ones are only counted.
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'hidden' || isLoading.current) return;
      get<Page<OrderView>>(listPath(filter, PAGE_SIZE)).then(
        ({ data }) => {
          setOrders((before) => {
            if (before === undefined) return before;
            const known = new Set(before.map(({ orderId }) => orderId));
            setNewIds(data.filter(({ orderId }) => !known.has(orderId)).length);
            const fresh = new Map(data.map((order) => [order.orderId, order]));
            return before.map((order) => fresh.get(order.orderId) ?? order);
          });
        },
        () => undefined, // the next time
      );
    }, NEW_MS);
    return () => {
      clearInterval(timer);
    };
  }, [filter]);

  return { orders, cursor, problem, newCount: newIds, load };
}

function Orders({ filter }: { filter: OrderFilter }) {
  const { t, f } = useTexts();
  const searched = useStore(found);
  const { orders: listed, cursor, problem, newCount, load } = useOrders(filter);
  const orders = searched ?? listed;
  const ids = orders?.map(({ orderId }) => orderId) ?? [];
  const open = (orderId: string) => {
    trail.set({ from: location.pathname + location.search, title: t('nav.orders'), ids });
    go({ page: 'order', orderId });
  };
  const { rowOf } = useRows(ids, open);
  const showNew = () => {
    void load();
  };
  useKeys([{ keys: '.', label: t('keys.showNew'), run: showNew }]);
  const leave = () => {
    trail.set({ from: location.pathname + location.search, title: t('nav.orders'), ids });
  };

  return (
    <>
      <Title title={t('nav.orders')}>{t('orders.intro')}</Title>
      <nav class="views" aria-label={t('orders.views')}>
        {VIEWS.map(({ filter: view, text }) => (
          <a
            key={text}
            href={hrefOf({ page: 'orders', filter: view })}
            aria-current={JSON.stringify(view) === JSON.stringify(filter) ? 'page' : undefined}
            onClick={() => {
              found.set(undefined);
            }}
          >
            {t(text)}
          </a>
        ))}
      </nav>
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
            {JSON.stringify(filter) !== '{}' && (
              <a href={hrefOf({ page: 'orders', filter: {} })}>{t('orders.dropFilters')}</a>
            )}
          </Empty>
        ) : (
          <table class="tbl fold" onClick={leave}>
            <thead>
              <tr>
                <th>{t('orders.order')}</th>
                <th>{t('orders.changed')}</th>
                <th>{t('orders.customer')}</th>
                <th>{t('orders.lines')}</th>
                <th class="num">{t('orders.total')}</th>
                <th>{t('orders.status')}</th>
              </tr>
            </thead>
            <tbody>
              {orders.map((order, index) => (
                <tr key={order.orderId} {...rowOf(order.orderId, index)}>
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
              ))}
            </tbody>
          </table>
        )}
        {orders !== undefined && orders.length > 0 && (
          <footer>
            <span>{t('orders.shown', { n: orders.length })}</span>
            {searched === undefined && cursor !== undefined && <More onReached={() => void load(cursor)} />}
          </footer>
        )}
      </section>
    </>
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
  return said === '' ? null : <span class="faint">{textOr(`reason.${said}`, said)}</span>;
}

/** Loads the next page when it comes into view. A button too, for those who do not scroll. */
function More({ onReached }: { onReached: () => void }) {
  const { t } = useTexts();
  const element = useRef<HTMLButtonElement>(null);
  const latest = useRef(onReached);
  latest.current = onReached;
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) latest.current();
      },
      { rootMargin: '400px' },
    );
    if (element.current) observer.observe(element.current);
    return () => {
      observer.disconnect();
    };
  });
  return (
    <button ref={element} type="button" class="link" onClick={onReached}>
      {t('orders.more')}
    </button>
  );
}

const without = (filter: OrderFilter, name: keyof OrderFilter): OrderFilter =>
  Object.fromEntries(Object.entries(filter).filter(([key]) => key !== name));

function Filters({ filter }: { filter: OrderFilter }) {
  const { t } = useTexts();
  const change = (next: OrderFilter) => {
    found.set(undefined);
    go({ page: 'orders', filter: next });
  };
  return (
    <div class="row wrap">
      <label class="chip">
        <span>{t('orders.status')}</span>
        <select
          class="bare"
          value={filter.status ?? ''}
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            change({ ...without(filter, 'status'), ...(chosen !== '' && { status: chosen }) });
          }}
        >
          <option value="">{t('orders.any')}</option>
          {(Object.keys(STATUS_LOOK) as OrderView['status'][]).map((status) => (
            <option key={status} value={status}>
              {t(`status.${status}`)}
            </option>
          ))}
        </select>
      </label>
      <label class="chip">
        <input
          type="checkbox"
          checked={filter.attention === true}
          onChange={(event) => {
            const { checked } = event.currentTarget;
            change({ ...without(filter, 'attention'), ...(checked && { attention: true }) });
          }}
        />
        {t('flag.attention')}
      </label>
      {filter.q !== undefined && (
        <button
          type="button"
          class="chip"
          onClick={() => {
            change(without(filter, 'q'));
          }}
        >
          <span>{t('search.label')}</span> <b>{filter.q}</b> <Icon name="x" small />
          <span class="sr">{t('orders.dropFilters')}</span>
        </button>
      )}
    </div>
  );
}
