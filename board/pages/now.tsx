import { useState } from 'preact/hooks';
import type { StatsView } from '../../src/contracts/http/stats.ts';
import { get } from '../api/client.ts';
import { useStore } from '../lib/store.ts';
import { Health } from '../now/health.tsx';
import { Latest } from '../now/latest.tsx';
import { Needs } from '../now/needs.tsx';
import { Plot } from '../now/plot.tsx';
import { Sentence, type Window } from '../now/sentence.tsx';
import { OnTheirWay, Stages } from '../now/stages.tsx';
import { Tiles } from '../now/tiles.tsx';
import { hasScope } from '../api/session.ts';
import { BrakeNotices } from '../ui/brake-notices.tsx';
import { useData } from '../state/data.ts';
import { figures, live } from '../state/live.ts';
import { useTexts } from '../state/texts.ts';
import { NeedsScope, Skeleton, Title, useTitle } from '../ui/basics.tsx';

const LONG_WINDOW_MS = 10_000;
const CHECKS_MS = 5_000;

export function NowPage() {
  const { t } = useTexts();
  useTitle(t('nav.now'));
  return (
    <>
      {!hasScope('stats:read') && <BrakeNotices />}
      <NeedsScope scope="stats:read">
        <Now />
      </NeedsScope>
    </>
  );
}

interface Readiness {
  status: string;
  checks: Record<string, string>;
}

function Now() {
  const shown = useStore(figures);
  const feed = useStore(live);
  const checks = useData('readyz', readiness, CHECKS_MS);
  const [chosen, setChosen] = useState<Window>('5m');
  // The feed has the figures of five minutes. Those of a longer window are asked for, and change slowly.
  const long = useData(
    `stats ${chosen}`,
    (signal) =>
      chosen === '5m' ? Promise.resolve(undefined) : get<StatsView>(`/v1/stats?window=${chosen}`, signal),
    LONG_WINDOW_MS,
  );
  if (shown === undefined)
    return (
      <>
        <BrakeNotices />
        {feed.stale ? <NoFigures /> : <Skeleton rows={8} />}
      </>
    );
  const stats = (chosen === '5m' ? undefined : long.data) ?? shown.stats;
  return (
    <>
      <Sentence shown={shown} checks={checks.data} isStale={feed.stale} chosen={chosen} choose={setChosen} />
      <BrakeNotices />
      <Health stats={shown.stats} checks={checks.data} />
      <Tiles stats={stats} />
      <div class="two level">
        <Plot window={chosen} />
        <Needs queues={shown.queues} />
      </div>
      <div class="two">
        <Latest />
        <div class="stack">
          <Stages stats={stats} />
          <OnTheirWay stats={shown.stats} />
        </div>
      </div>
    </>
  );
}

/** `/readyz` answers 503 with the checks while something is down. */
async function readiness(signal: AbortSignal): Promise<Record<string, string>> {
  const response = await fetch('/readyz', { signal, headers: { accept: 'application/json' } });
  const body = (await response.json()) as Partial<Readiness>;
  return body.checks ?? { api: body.status ?? 'unavailable' };
}

function NoFigures() {
  const { t } = useTexts();
  return (
    <>
      <Title title={t('now.noFigures')}>{t('now.noFiguresWhy')}</Title>
      <Skeleton rows={8} />
    </>
  );
}
