import { useState } from 'preact/hooks';
import type { StatsSeriesView } from '../../src/contracts/http/stats-series.ts';
import { get, withQuery } from '../api/client.ts';
import { ratesOf, type Rate } from '../../src/domain/situation/rates.ts';
import { stepKind } from '../lib/attention.ts';
import { thinned } from '../lib/history.ts';
import { useData } from '../state/data.ts';
import { useTexts, type Translate } from '../state/texts.ts';
import { Block, Card, When } from '../ui/basics.tsx';
import { OrdersPlot } from '../ui/plot.tsx';
import type { Window } from './sentence.tsx';

/** How long the steps of a window are, and how often it is read. Milliseconds. */
const STEPS: Readonly<Record<Window, { step: string; every: number }>> = {
  '5m': { step: '5s', every: 5_000 },
  '30m': { step: '30s', every: 10_000 },
  '1d': { step: '10m', every: 60_000 },
};

export function Plot({ window }: { window: Window }) {
  const { t } = useTexts();
  const { step, every } = STEPS[window];
  const series = useData(
    `series ${window}`,
    (signal) => get<StatsSeriesView>(withQuery('/v1/stats/series', { window, step }), signal),
    every,
  );
  const [asTable, setAsTable] = useState(false);
  return (
    <Card
      title={t('now.plot')}
      more={
        <>
          <Legend path="M0 2h16" class="a" text={t('now.placed')} />
          <Legend path="M1 2h16" class="b" text={t('now.decided')} />
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
      <Block of={series}>
        {(shown) => {
          const rates = ratesOf(shown);
          const marks = shown.marks.map(({ at, ...mark }) => ({
            at: Date.parse(at),
            text: markText(mark, t),
          }));
          return asTable ? (
            <RateTable rates={rates} marks={marks} />
          ) : (
            <div class="pad uplot-frame">
              <OrdersPlot samples={rates} marks={marks} />
            </div>
          );
        }}
      </Block>
    </Card>
  );
}

const Legend = ({ path, class: ofLine, text }: { path: string; class: string; text: string }) => (
  <span class="key">
    <svg viewBox="0 0 16 4" class="plot" aria-hidden="true">
      <path class={ofLine} d={path} />
    </svg>
    {text}
  </span>
);

const markText = (
  { kind, subject = '' }: Omit<StatsSeriesView['marks'][number], 'at'>,
  t: Translate,
): string => t(`mark.${kind}`, { subject: kind === 'attention' ? t(`step.${stepKind(subject)}`) : subject });

/** The same as the plot, for those who do not see it. */
function RateTable({
  rates,
  marks,
}: {
  rates: readonly Rate[];
  marks: readonly { at: number; text: string }[];
}) {
  const { t, f } = useTexts();
  return (
    <>
      <table class="ledger">
        <thead>
          <tr>
            <th>{t('now.time')}</th>
            <th class="num">{t('now.placed')}</th>
            <th class="num">{t('now.decided')}</th>
          </tr>
        </thead>
        <tbody>
          {thinned(rates, 12).map(({ at, placed, decided }) => (
            <tr key={at}>
              <td>
                <When at={at} seconds />
              </td>
              <td class="num">{f.rate(placed)}</td>
              <td class="num">{f.rate(decided)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {marks.length > 0 && (
        <div class="pad">
          <h3>{t('now.marks')}</h3>
          <ul>
            {marks.map(({ at, text }, index) => (
              <li key={index}>
                <When at={at} /> {text}
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}
