import type { StatsView } from '../../src/contracts/http/stats.ts';
import { onLogScale } from '../../src/domain/situation/rates.ts';
import { BEHIND_MS } from '../../src/domain/situation/limits.ts';
import { nameOf } from './names.ts';
import { useTexts } from '../state/texts.ts';
import { Card } from '../ui/basics.tsx';

export function Stages({ stats }: { stats: StatsView }) {
  const { t, f } = useTexts();
  const rows = [
    ['stage.reserve', stats.stages.reserve],
    ['stage.charge', stats.stages.charge],
    ['stage.notify', stats.stages.notify],
    ['stage.all', stats.responseTime],
  ] as const;
  const latency = (value: number | null) => (value === null ? '–' : f.latency(value));
  const width = (value: number | null) => (value === null ? 0 : onLogScale(value)).toFixed(1);
  return (
    <Card title={t('stage.title')} more={<span class="only-wide">{t('stage.legend')}</span>}>
      <div class="pad">
        <table class="pct">
          <thead>
            <tr>
              <th>{t('stage.stage')}</th>
              <th>{t('stage.scale')}</th>
              <th class="n">p50</th>
              <th class="n">p99</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([key, { p50, p95, p99 }]) => (
              <tr key={key}>
                <th scope="row">{t(key)}</th>
                <td>
                  <svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="rail" width="100" height="12" />
                    <rect class="p99" width={width(p99)} height="12" />
                    <rect class="p95" width={width(p95)} height="12" />
                    <rect class="p50" width={width(p50)} height="12" />
                  </svg>
                </td>
                <td class="n strong">{latency(p50)}</td>
                <td class="n muted">{latency(p99)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

export function OnTheirWay({ stats }: { stats: StatsView }) {
  const { t, f } = useTexts();
  return (
    <Card title={t('way.title')} more={t('way.feed', { age: f.latency(stats.feed.unnumberedMs) })}>
      <ul class="list relay">
        {stats.relay.map(({ destination, lagMs, behind, ahead }) => (
          <li key={destination}>
            {nameOf(destination)}
            <span class={`age ${lagMs > BEHIND_MS || ahead === true ? 'is-warn' : ''}`}>
              {ahead === true
                ? t('health.ahead')
                : behind === 0
                  ? f.latency(lagMs)
                  : t('way.events', { age: f.latency(lagMs), n: behind })}
            </span>
          </li>
        ))}
        {stats.relay.length === 0 && <li class="quiet">{t('way.none')}</li>}
      </ul>
    </Card>
  );
}
