import type { StockItem } from '../../src/contracts/http/stock.ts';
import { askFor, type Row, type WayOf } from './row.tsx';
import { texts, useTexts } from '../state/texts.ts';
import { Fact, Facts, Pill } from '../ui/basics.tsx';
import { pauseAction } from '../ui/brake-dialogs.tsx';
import { CountDialog } from '../ui/count-dialog.tsx';

export function oversoldRow(item: StockItem): Row {
  return {
    id: item.sku,
    to: { page: 'stock', sku: item.sku },
    title: <span class="mono">{item.sku}</span>,
    state: <OversoldPill item={item} />,
    inspect: () => <InspectOversold item={item} />,
    ways: oversoldWays(item),
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

/** Count what is there, at the location that has promised most, or sell no more of it. */
function oversoldWays(item: StockItem): WayOf[] {
  const { t } = texts();
  const [worst] = item.locations.toSorted((a, b) => b.oversold - a.oversold);
  return [
    ...(worst
      ? [
          {
            key: 'a',
            scope: 'stock:write',
            verb: t('way.count.verb'),
            text: t('way.count'),
            dialog: ({ onDone, onClose }: Parameters<WayOf['dialog']>[0]) => (
              <CountDialog
                item={item}
                location={worst.location}
                onDone={() => {
                  onDone(t('stock.countDone', { sku: item.sku }));
                }}
                onClose={onClose}
              />
            ),
          },
        ]
      : []),
    {
      key: 's',
      scope: 'brakes:write',
      verb: t('way.pauseItem.verb'),
      text: t('way.pauseItem'),
      dialog: askFor(() => pauseAction(t, { kind: 'sku', target: item.sku })),
    },
  ];
}
