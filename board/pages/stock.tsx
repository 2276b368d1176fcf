import { useState } from 'preact/hooks';
import type { StockItem, StockLevel } from '../../src/contracts/http/stock.ts';
import { allStock } from '../api/all-stock.ts';
import { hrefOf } from '../lib/router.ts';
import { byTrouble, STOCK_LOOK, stockState, type StockState } from '../lib/status.ts';
import { useStore } from '../lib/store.ts';
import { useData } from '../state/data.ts';
import { brakesOn } from '../state/brakes.ts';
import { useKeys } from '../state/keys.ts';
import { go } from '../state/navigation.ts';
import { useTexts } from '../state/texts.ts';
import {
  ActionButton,
  Block,
  Empty,
  Fact,
  Facts,
  Icon,
  NeedsScope,
  Pill,
  Title,
  useTitle,
  When,
} from '../ui/basics.tsx';
import { CountDialog } from '../ui/count-dialog.tsx';
import { useRows } from '../ui/rows.ts';
import { StockMovements } from '../ui/stock-movements.tsx';
import { PauseItem, PausedPill } from '../ui/paused-item.tsx';

const REFRESH_MS = 10_000;

export function StockPage({ show, sku }: { show?: string; sku?: string }) {
  const { t } = useTexts();
  useTitle(t('nav.stock'));
  return (
    <NeedsScope scope="stock:read">
      <Stock show={show} sku={sku} />
    </NeedsScope>
  );
}

const STATES = ['oversold', 'low', 'out'] as const satisfies readonly StockState[];

function Stock({ show, sku }: { show: string | undefined; sku: string | undefined }) {
  const { t } = useTexts();
  const items = useData('stock', allStock, REFRESH_MS);
  return (
    <>
      <Title title={t('nav.stock')}>{items.data && t('stock.intro', { n: items.data.length })}</Title>
      <Block of={items} rows={10}>
        {(all) => <Items all={all} show={show} sku={sku} refresh={items.refresh} />}
      </Block>
    </>
  );
}

function Items({
  all,
  show,
  sku,
  refresh,
}: {
  all: readonly StockItem[];
  show: string | undefined;
  sku: string | undefined;
  refresh: () => void;
}) {
  const { t, f } = useTexts();
  const brakes = useStore(brakesOn);
  const paused = new Set(brakes.filter(({ kind }) => kind === 'sku').map(({ target }) => target));
  const shown = all
    .filter(
      (item) => show === undefined || (show === 'paused' ? paused.has(item.sku) : stockState(item) === show),
    )
    .sort(byTrouble(paused));
  const select = (id: string | undefined) => {
    go(
      { page: 'stock', ...(show !== undefined && { show }), ...(id !== undefined && { sku: id }) },
      { replace: true },
    );
  };
  const { rowOf } = useRows(
    shown.map((item) => item.sku),
    select,
    sku,
  );
  const chosen = all.find((item) => item.sku === sku);
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
      <nav class="views" aria-label={t('orders.views')}>
        <a href={hrefOf({ page: 'stock' })} aria-current={show === undefined ? 'page' : undefined}>
          {t('orders.all')}
          <span class="c">{f.count(all.length)}</span>
        </a>
        {STATES.map((state) => (
          <a
            key={state}
            href={hrefOf({ page: 'stock', show: state })}
            aria-current={show === state ? 'page' : undefined}
          >
            {t(`stockView.${state}`)}
            <span class="c">{f.count(all.filter((item) => stockState(item) === state).length)}</span>
          </a>
        ))}
        {paused.size > 0 && (
          <a
            href={hrefOf({ page: 'stock', show: 'paused' })}
            aria-current={show === 'paused' ? 'page' : undefined}
          >
            {t('brakes.sku.pill')}
            <span class="c">{f.count(all.filter(({ sku: each }) => paused.has(each)).length)}</span>
          </a>
        )}
      </nav>
      <div class="legend only-wide">
        <Swatch look="q-done">{t('stock.available')}</Swatch>
        <Swatch look="q-held">{t('stock.held')}</Swatch>
        <Swatch look="q-sent">{t('stock.committed')}</Swatch>
        <Swatch look="q-back">{t('stock.unavailable')}</Swatch>
      </div>
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
                      <a
                        class="quiet-link"
                        href={hrefOf({ page: 'stock', sku: item.sku, ...(show !== undefined && { show }) })}
                      >
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
                      <StatePill item={item} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          <footer>{t('stock.shown', { n: shown.length, all: f.count(all.length) })}</footer>
        </section>
        {chosen && (
          <Inspector
            key={chosen.sku}
            item={chosen}
            refresh={refresh}
            onClose={() => {
              select(undefined);
            }}
          />
        )}
      </div>
    </>
  );
}

const Swatch = ({ look, children }: { look: string; children: string }) => (
  <span>
    <svg viewBox="0 0 12 12" aria-hidden="true">
      <rect class={look} width="12" height="12" rx="3" />
    </svg>
    {children}
  </span>
);

function StatePill({ item }: { item: StockItem }) {
  const { t } = useTexts();
  const state = stockState(item);
  return (
    <>
      <Pill {...STOCK_LOOK[state]}>{t(`stockState.${state}`, { n: item.oversold })}</Pill>{' '}
      <PausedPill sku={item.sku} />
    </>
  );
}

/** What can be sold, what is held, committed and unavailable: in sum what is on hand. */
function StockBar({
  counts,
}: {
  counts: Pick<StockLevel, 'available' | 'held' | 'committed' | 'unavailable'>;
}) {
  const { available, held, committed, unavailable } = counts;
  const sum = Math.max(1, available + held + committed + unavailable);
  let at = 0;
  const parts = (
    [
      ['q-done', available],
      ['q-held', held],
      ['q-sent', committed],
      ['q-back', unavailable],
    ] as const
  ).map(([look, count]) => {
    const x = at;
    at += (count / sum) * 100;
    return <rect key={look} class={look} x={x.toFixed(2)} width={(at - x).toFixed(2)} height="8" />;
  });
  return (
    <svg class="qsvg" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="q-none" width="100" height="8" />
      {parts}
    </svg>
  );
}

function Inspector({
  item,
  refresh,
  onClose,
}: {
  item: StockItem;
  refresh: () => void;
  onClose: () => void;
}) {
  const { t, f } = useTexts();
  const [location, setLocation] = useState<string>();
  return (
    <aside class="inspect card" aria-label={item.title}>
      <header class="tall">
        <div class="grow">
          <div class="row wrap">
            <h2>{item.title}</h2>
            <span class="faint mono">{item.sku}</span>
          </div>
          <div class="row wrap pillrow">
            <StatePill item={item} />
          </div>
        </div>
        <button type="button" class="btn icon plain" aria-label={t('action.close')} onClick={onClose}>
          <Icon name="x" />
        </button>
      </header>
      <div class="pad stack">
        {item.oversold > 0 && <p class="muted">{t('stock.oversoldHow')}</p>}
        <PauseItem sku={item.sku} />
        <Facts>
          <Fact name={t('stock.price')}>{f.money(item.unitPrice, item.currency)}</Fact>
          <Fact name={t('stock.onHand')}>{f.count(item.onHand)}</Fact>
          <Fact name={t('stock.available')}>{f.count(item.available)}</Fact>
          <Fact name={t('stock.held')}>{f.count(item.held)}</Fact>
          <Fact name={t('stock.committed')}>{f.count(item.committed)}</Fact>
          <Fact name={t('stock.unavailable')}>{f.count(item.unavailable)}</Fact>
          <Fact name={t('stock.sold')}>{f.count(item.sold)}</Fact>
        </Facts>
        <h3>{t('stock.byLocation')}</h3>
        <table class="ledger in">
          <thead>
            <tr>
              <th>{t('stock.location')}</th>
              <th class="num">{t('stock.onHand')}</th>
              <th class="num">{t('stock.available')}</th>
              <th>
                <span class="sr">{t('stock.count')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {item.locations.map((level) => (
              <tr key={level.location}>
                <td>
                  {level.location}
                  {level.countedAt !== undefined && (
                    <div class="faint">
                      {t('stock.counted')} <When at={level.countedAt} />
                    </div>
                  )}
                </td>
                <td class="num">{f.count(level.onHand)}</td>
                <td class="num">{f.count(level.available)}</td>
                <td class="num">
                  <ActionButton
                    scope="stock:write"
                    class="sm"
                    onClick={() => {
                      setLocation(level.location);
                    }}
                  >
                    {t('count.open')}
                  </ActionButton>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <StockMovements sku={item.sku} changed={countsOf(item)} />
      </div>
      {location !== undefined && (
        <CountDialog
          item={item}
          location={location}
          onDone={refresh}
          onClose={() => {
            setLocation(undefined);
          }}
        />
      )}
    </aside>
  );
}

/** Another text when a count of the item has changed. */
const countsOf = ({ onHand, available, held, committed, unavailable }: StockItem): string =>
  [onHand, available, held, committed, unavailable].join(' ');
