import type { StockItem } from '../../src/contracts/http/stock.ts';
import type { Row } from './row.tsx';
import { useTexts } from '../state/texts.ts';
import { Fact, Facts, Pill } from '../ui/basics.tsx';

export function oversoldRow(item: StockItem): Row {
  return {
    id: item.sku,
    to: { page: 'stock', sku: item.sku },
    title: <span class="mono">{item.sku}</span>,
    state: <OversoldPill item={item} />,
    inspect: () => <InspectOversold item={item} />,
  };
}
function OversoldPill({ item }: { item: StockItem }) {
  const { t } = useTexts();
  return (
    <Pill colour="red" icon="alert">
      {t('stockState.oversold', { n: item.oversold })}
    </Pill>
  );
}
function InspectOversold({ item }: { item: StockItem }) {
  const { t, f } = useTexts();
  return (
    <>
      <h3>{item.title}</h3>
      <p class="muted">{t('stock.oversoldHow')}</p>
      <Facts>
        <Fact name={t('stock.onHand')}>{f.count(item.onHand)}</Fact>
        <Fact name={t('stock.held')}>{f.count(item.held)}</Fact>
        <Fact name={t('stock.committed')}>{f.count(item.committed)}</Fact>
      </Facts>
    </>
  );
}
