import type { StockLevel } from '../../src/contracts/http/stock.ts';
import { useTexts } from '../state/texts.ts';

/** What the colours of {@link StockBar} mean. */
export function StockLegend() {
  const { t } = useTexts();
  return (
    <div class="legend only-wide">
      <Swatch look="q-done">{t('stock.available')}</Swatch>
      <Swatch look="q-held">{t('stock.held')}</Swatch>
      <Swatch look="q-sent">{t('stock.committed')}</Swatch>
      <Swatch look="q-back">{t('stock.unavailable')}</Swatch>
    </div>
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

/** What can be sold, what is held, committed and unavailable: in sum what is on hand. */
export function StockBar({
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
