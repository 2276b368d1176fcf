import type { StockItem } from '../../src/contracts/http/stock.ts';
import type { StockTrouble } from '../../src/contracts/stock-troubles.ts';
import type { Listed } from '../api/pages.ts';
import { readItem, readItems, readStock, type ListedStock } from '../api/stock.ts';
import { StockItemInspector, StockStatePill } from '../details/stock-item.tsx';
import { hrefOf, withDefined, type Route } from '../lib/router.ts';
import { byTrouble, STOCK_TROUBLES } from '../lib/status.ts';
import { useStore } from '../lib/store.ts';
import { brakesOn } from '../state/brakes.ts';
import { useData } from '../state/data.ts';
import { useKeys } from '../state/keys.ts';
import { go } from '../state/navigation.ts';
import { usePages, type LoadedPages } from '../state/pages.ts';
import { useTexts } from '../state/texts.ts';
import { Block, Empty, NeedsScope, Title, useTitle } from '../ui/basics.tsx';
import { More } from '../ui/more.tsx';
import { useRows } from '../ui/rows.ts';
import { StockBar, StockLegend } from '../ui/stock-bar.tsx';

const REFRESH_MS = 10_000;

export interface StockPageOptions {
  /** Only items in this trouble, or those that are paused. */
  show?: string | undefined;
  /** Only items with this in their SKU or title. */
  q?: string | undefined;
  /** The item whose counts are shown beside the list. */
  sku?: string | undefined;
}

export function StockPage(options: StockPageOptions) {
  const { t } = useTexts();
  useTitle(t('nav.stock'));
  return (
    <NeedsScope scope="stock:read">
      <Title title={t('nav.stock')}>{t('stock.intro')}</Title>
      <Stock key={`${options.show ?? ''} ${options.q ?? ''}`} {...options} />
    </NeedsScope>
  );
}

const routeOf = (options: StockPageOptions): Route => withDefined({ page: 'stock' as const }, { ...options });

const isTrouble = (show: string | undefined): show is StockTrouble =>
  STOCK_TROUBLES.some((trouble) => trouble === show);

function Stock({ show, q, sku }: StockPageOptions) {
  const paused = useStore(brakesOn)
    .filter(({ kind }) => kind === 'sku')
    .map(({ target }) => target);
  const listed = usePages(
    `stock ${show ?? ''} ${q ?? ''} ${show === 'paused' ? paused.join(' ') : ''}`,
    async (pages, signal): Promise<ListedStock> => {
      const found = await readStock(
        withDefined({}, { state: isTrouble(show) ? show : undefined, q }),
        pages,
        signal,
      );
      if (show !== 'paused') return found;
      return { ...found, data: await readItems(paused, signal), hasMore: false };
    },
    REFRESH_MS,
  );
  return (
    <>
      <Block of={listed} rows={10}>
        {(stock) => (
          <>
            <Views stock={stock} paused={paused.length} show={show} q={q} />
            <Items stock={stock} paused={new Set(paused)} listed={listed} show={show} q={q} sku={sku} />
          </>
        )}
      </Block>
    </>
  );
}

/** The items by what is wrong with them, and a field that finds one. */
function Views({
  stock: { troubles },
  paused,
  show,
  q,
}: Pick<StockPageOptions, 'show' | 'q'> & { stock: ListedStock; paused: number }) {
  const { t, f } = useTexts();
  const counts: { view: string; text: string; count: number; atLeast: boolean }[] = [
    ...STOCK_TROUBLES.map((view) => ({ view, text: t(`stockView.${view}`), ...troubles[view] })),
    ...(paused > 0 ? [{ view: 'paused', text: t('brakes.sku.pill'), count: paused, atLeast: false }] : []),
  ];
  const link = (view: string | undefined, text: string, count = '') => (
    <a
      key={view ?? ''}
      href={hrefOf(routeOf({ show: view, q }))}
      aria-current={show === view ? 'page' : undefined}
    >
      {text}
      {count !== '' && <span class="c">{count}</span>}
    </a>
  );
  return (
    <div class="row wrap views-and-find">
      <nav class="views grow" aria-label={t('orders.views')}>
        {link(undefined, t('orders.all'))}
        {counts.map(({ view, text, count, atLeast }) =>
          link(view, text, `${f.count(count)}${atLeast ? '+' : ''}`),
        )}
      </nav>
      <form
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          const field = event.currentTarget.elements.namedItem('q');
          const text = field instanceof HTMLInputElement ? field.value.trim() : '';
          go(routeOf({ show, q: text || undefined }), { replace: true });
        }}
      >
        <input
          class="input"
          type="search"
          name="q"
          defaultValue={q ?? ''}
          maxLength={100}
          aria-label={t('stock.find')}
          placeholder={t('stock.find')}
          autoComplete="off"
          spellcheck={false}
        />
      </form>
    </div>
  );
}

function Items({
  stock,
  paused,
  listed,
  show,
  q,
  sku,
}: StockPageOptions & {
  stock: Listed<StockItem>;
  paused: ReadonlySet<string>;
  listed: LoadedPages<ListedStock>;
}) {
  const { t, f } = useTexts();
  const shown = stock.data.toSorted(byTrouble(paused));
  const select = (id: string | undefined) => {
    go(routeOf({ show, q, sku: id }), { replace: true });
  };
  const { rowOf } = useRows(
    shown.map((item) => item.sku),
    select,
    sku,
  );
  const { chosen, refresh } = useChosen(stock.data, sku);
  useKeys(
    chosen
      ? [
          {
            keys: 'Escape',
            label: t('action.close'),
            run: () => {
              select(undefined);
            },
          },
        ]
      : [],
  );
  return (
    <>
      <StockLegend />
      <div class={chosen ? 'split' : ''}>
        <section class="card">
          {shown.length === 0 ? (
            <Empty>{t('stock.none')}</Empty>
          ) : (
            <table class="tbl fold">
              <thead>
                <tr>
                  <th>{t('lines.item')}</th>
                  <th>
                    <span class="sr">{t('stock.parts')}</span>
                  </th>
                  <th class="num">{t('stock.onHand')}</th>
                  <th class="num">{t('stock.available')}</th>
                  <th>{t('stock.state')}</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((item, index) => (
                  <tr key={item.sku} {...rowOf(item.sku, index)}>
                    <td>
                      <a class="quiet-link" href={hrefOf(routeOf({ show, q, sku: item.sku }))}>
                        <b class="strong">{item.title}</b> <span class="faint mono">{item.sku}</span>
                      </a>
                    </td>
                    <td class="hide">
                      <span class="barw wide">
                        <StockBar counts={item} />
                      </span>
                    </td>
                    <td class="num hide">{f.count(item.onHand)}</td>
                    <td class="num strong">
                      <span class="only-phone faint thin">{t('stock.available')} </span>
                      {f.count(item.available)}
                    </td>
                    <td class="full">
                      <StockStatePill item={item} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          <footer>
            <span>{t('stock.shown', { n: shown.length })}</span>
            {stock.hasMore && <More onReached={listed.more} read={shown.length} />}
          </footer>
        </section>
        {chosen && (
          <StockItemInspector
            key={chosen.sku}
            item={chosen}
            refresh={() => {
              listed.refresh();
              refresh();
            }}
            onClose={() => {
              select(undefined);
            }}
          />
        )}
      </div>
    </>
  );
}

/** The item beside the list. It may stand on a page that is not read, or in another view. */
function useChosen(
  items: readonly StockItem[],
  sku: string | undefined,
): { chosen: StockItem | undefined; refresh: () => void } {
  const listed = items.find((item) => item.sku === sku);
  const wanted = listed ? undefined : sku;
  const alone = useData(
    `item ${wanted ?? ''}`,
    (signal) => (wanted === undefined ? Promise.resolve(undefined) : readItem(wanted, signal)),
    REFRESH_MS,
  );
  return { chosen: listed ?? alone.data, refresh: alone.refresh };
}
