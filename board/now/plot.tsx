import { useState } from 'preact/hooks';
import { thinned } from '../lib/history.ts';
import { useStore } from '../lib/store.ts';
import { useData } from '../state/data.ts';
import { rates, readRates } from '../state/live.ts';
import { useTexts } from '../state/texts.ts';
import { Card, ProblemNote } from '../ui/basics.tsx';
import { OrdersPlot } from '../ui/plot.tsx';

const RATES_MS = 5_000;

export function Plot() {
  const { t, f } = useTexts();
  const seen = useStore(rates);
  const asked = useData('rates', readRates, RATES_MS);
  const [asTable, setAsTable] = useState(false);
  return (
    <Card
      title={t('now.plot')}
      more={
        <>
          <span class="key">
            <svg viewBox="0 0 16 4" class="plot" aria-hidden="true">
              <path class="a" d="M0 2h16" />
            </svg>
            {t('now.placed')}
          </span>
          <span class="key">
            <svg viewBox="0 0 16 4" class="plot" aria-hidden="true">
              <path class="b" d="M1 2h16" />
            </svg>
            {t('now.decided')}
          </span>
          <button
            type="button"
            class="link"
            aria-pressed={asTable}
            onClick={() => {
              setAsTable(!asTable);
            }}
          >
            {asTable ? t('now.asPlot') : t('now.asTable')}
          </button>
        </>
      }
    >
      {asked.problem && <ProblemNote problem={asked.problem} retry={asked.refresh} />}
      {asTable ? (
        <table class="ledger">
          <thead>
            <tr>
              <th>{t('now.time')}</th>
              <th class="num">{t('now.placed')}</th>
              <th class="num">{t('now.decided')}</th>
            </tr>
          </thead>
          <tbody>
            {thinned(seen, 8).map(({ at, placed, decided }) => (
              <tr key={at}>
                <td>{f.time(at)}</td>
                <td class="num">{f.rate(placed)}</td>
                <td class="num">{f.rate(decided)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <div class="pad">
          <OrdersPlot samples={seen} />
        </div>
      )}
    </Card>
  );
}
