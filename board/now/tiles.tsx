import type { ComponentChildren } from 'preact';
import type { StatsView } from '../../src/contracts/http/stats.ts';
import { sparkline, thinned } from '../lib/history.ts';
import { outcomesOf } from '../../src/domain/situation/outcomes.ts';
import { useStore } from '../lib/store.ts';
import { useNow } from '../state/data.ts';
import { samples } from '../state/live.ts';
import { useTexts } from '../state/texts.ts';

export function Tiles({ stats }: { stats: StatsView }) {
  const { t, f } = useTexts();
  const seen = thinned(useStore(samples), 60);
  const outcomes = outcomesOf(stats);
  const { p50, p95, p99 } = stats.responseTime;
  const window = f.age(stats.windowSeconds * 1_000);
  const latency = (value: number | null) => (value === null ? '–' : f.latency(value));
  const [figure = '–', unit = ''] = latency(p50).split('\u00a0');
  return (
    <section class="card tiles" aria-label={t('tile.title')}>
      <Tile
        title={t('tile.rate')}
        big={f.rate(stats.orders.placed / Math.max(1, stats.windowSeconds))}
        sub={t('tile.placed', { n: stats.orders.placed, window })}
        values={seen.map(({ placed }) => placed)}
      />
      <Tile
        title={t('tile.paid')}
        big={outcomes ? f.rate(outcomes.paid * 100) : '–'}
        {...(outcomes && { unit: '%' })}
        sub={
          outcomes
            ? t('tile.declined', { declined: f.share(outcomes.declined), out: f.share(outcomes.outOfStock) })
            : t('tile.nothingDecided')
        }
        values={seen.map(({ paidShare }) => paidShare)}
      />
      <Tile
        title={t('tile.time')}
        big={figure}
        {...(unit !== '' && { unit: `${unit} p50` })}
        sub={t('tile.percentiles', { p95: latency(p95), p99: latency(p99) })}
        values={seen.map((sample) => sample.p50)}
      />
      <Tile
        title={t('tile.backlog')}
        big={f.count(stats.backlog)}
        sub={
          stats.oldestUndecided === undefined ? (
            t('tile.parked', { n: stats.parked })
          ) : (
            <Oldest {...stats.oldestUndecided} />
          )
        }
        values={seen.map(({ backlog }) => backlog)}
      />
    </section>
  );
}

function Oldest({ status, placedAt }: NonNullable<StatsView['oldestUndecided']>) {
  const { t, f } = useTexts();
  const age = useNow() - Date.parse(placedAt);
  return <>{t('tile.oldest', { age: f.age(Math.max(0, age)), status: t(`status.${status}`) })}</>;
}

function Tile({
  title,
  big,
  unit,
  sub,
  values,
}: {
  title: string;
  big: string;
  unit?: string;
  sub: ComponentChildren;
  values: readonly (number | null)[];
}) {
  const line = sparkline(values, 88, 28);
  return (
    <div class="tile">
      <h3>{title}</h3>
      <div class="big">
        {big}
        {unit !== undefined && <small>{unit}</small>}
      </div>
      <div class="sub">{sub}</div>
      {line && (
        <svg class="spark" viewBox="0 0 88 28" aria-hidden="true">
          <path d={line.path} />
          <circle cx={line.x} cy={line.y} r="2.2" />
        </svg>
      )}
    </div>
  );
}
