import type { StatsView } from '../../src/contracts/http/stats.ts';
import { healthOf, type Figure } from '../../src/domain/situation/health.ts';
import { BEHIND_MS } from '../../src/domain/situation/limits.ts';
import { hasScope } from '../api/session.ts';
import { hrefOf } from '../lib/router.ts';
import { nameOf } from './names.ts';
import { useTexts, type Translate } from '../state/texts.ts';
import { Light } from '../ui/basics.tsx';

export function Health({ stats, checks }: { stats: StatsView; checks: Record<string, string> | undefined }) {
  const { t, f } = useTexts();
  const entries = healthOf(stats, checks).map(({ name, light, figure }) => ({
    name: nameOf(name),
    state: light,
    figure: figureText(figure, t, f),
    href: hrefOfHealth(name, figure),
  }));
  return (
    <section class="card health" aria-label={t('health.title')}>
      {entries.slice(0, 8).map(({ name, state, figure, href }) => {
        const content = (
          <>
            <b>
              <Light state={state} />
              <span class="name">{name}</span>
            </b>
            <span class="fig">{figure}</span>
          </>
        );
        const look = state === 'slow' ? 'warnish' : state === 'down' ? 'badish' : '';
        return href === undefined ? (
          <div key={name} class={look}>
            {content}
          </div>
        ) : (
          <a key={name} class={look} href={href}>
            {content}
          </a>
        );
      })}
    </section>
  );
}

/** Where more is to be seen. */
function hrefOfHealth(name: string, figure: Figure): string | undefined {
  if (name === 'endpoints' && hasScope('webhooks:read')) return hrefOf({ page: 'webhooks' });
  return figure.kind === 'labels-failing' ? hrefOf({ page: 'queues', queue: 'attention' }) : undefined;
}

function figureText(figure: Figure, t: Translate, f: ReturnType<typeof useTexts>['f']): string {
  switch (figure.kind) {
    case 'nothing-measured':
      return t('health.nothing');
    case 'p50':
      return t('health.p50', { p50: f.latency(figure.ms) });
    case 'unreachable':
      return t('health.unreachable');
    case 'standing':
      return t('health.standing', { n: figure.count });
    case 'feed':
      return t('health.feed', { age: f.latency(figure.ms) });
    case 'ahead':
      return t('health.ahead');
    case 'behind':
      return figure.ms > BEHIND_MS
        ? t('health.behindBy', { age: f.latency(figure.ms), count: f.count(figure.count) })
        : t('health.behind', { age: f.latency(figure.ms) });
    case 'failing':
      return t('health.failing', { n: figure.count });
    case 'waiting':
      return t('health.waiting', { n: figure.count });
    case 'labels-failing':
      return t('health.labelsFailing', { n: figure.count });
    case 'labels':
      return t('health.labels', { n: figure.count });
  }
}
