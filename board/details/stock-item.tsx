import { useState } from 'preact/hooks';
import type { StockItem } from '../../src/contracts/http/stock.ts';
import { STOCK_LOOK, stockState } from '../lib/status.ts';
import { useTexts } from '../state/texts.ts';
import { ActionButton, Fact, Facts, Icon, Pill, When } from '../ui/basics.tsx';
import { CountDialog } from '../ui/count-dialog.tsx';
import { PauseItem, PausedPill } from '../ui/paused-item.tsx';
import { StockMovements } from '../ui/stock-movements.tsx';

/** The counts of an item, by location too, with what can be done. */
export function StockItemInspector({
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
            <StockStatePill item={item} />
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

/** The worst that is true of an item, and whether it is paused. */
export function StockStatePill({ item }: { item: StockItem }) {
  const { t } = useTexts();
  const state = stockState(item);
  return (
    <>
      <Pill {...STOCK_LOOK[state]}>{t(`stockState.${state}`, { n: item.oversold })}</Pill>{' '}
      <PausedPill sku={item.sku} />
    </>
  );
}
