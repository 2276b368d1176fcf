import type { StatsView } from '../../src/contracts/http/stats.ts';
import { hasScope } from '../api/session.ts';
import { hrefOf } from '../lib/router.ts';
import { BEHIND_MS, type Light as LightState, lightOf } from '../lib/sentence.ts';
import { nameOf } from './names.ts';
import { textOr, useTexts } from '../state/texts.ts';
import { Light } from '../ui/basics.tsx';

/** A label is bought within seconds where the carrier answers. Milliseconds. */
const LABEL_LATE_MS = 10 * 60_000;

interface HealthEntry {
  name: string;
  state: LightState;
  figure: string;
  href?: string;
}

export function Health({
  stats,
  checks = {},
}: {
  stats: StatsView;
  checks: Record<string, string> | undefined;
}) {
  const { t, f } = useTexts();
  const { charge, notify } = stats.stages;
  const { labels } = stats;
  const check = (name: string) => checks[name];
  const latency = (value: number | null) =>
    value === null ? t('health.nothing') : t('health.p50', { p50: f.latency(value) });
  const stuck = (stats.workflowTasks?.stuck ?? 0) + stats.carriers.lost;
  const unwell = stats.webhooks.failing + stats.webhooks.disabled;
  const entries: HealthEntry[] = [
    {
      name: t('health.provider'),
      state: lightOf(false, (charge.p95 ?? 0) > 5_000),
      figure: latency(charge.p50),
    },
    ...['postgres', 'temporal'].map((name) => {
      const outcome = check(name) ?? check(name === 'postgres' ? 'postgresql' : name) ?? 'ok';
      const standing = name === 'temporal' ? stuck : 0;
      return {
        name: textOr(`health.${name}`, name),
        state: lightOf(
          outcome !== 'ok',
          standing > 0 || (name === 'postgres' && stats.feed.transactionMs > 60_000),
        ),
        figure:
          outcome !== 'ok'
            ? t('health.unreachable')
            : name === 'temporal'
              ? t('health.standing', { n: standing })
              : t('health.feed', { age: f.latency(stats.feed.unnumberedMs) }),
      };
    }),
    ...stats.relay.map(({ destination, lagMs, ahead, behind }) => ({
      name: nameOf(destination),
      state: lightOf(ahead === true, lagMs > BEHIND_MS),
      figure:
        ahead === true
          ? t('health.ahead')
          : lagMs > BEHIND_MS
            ? t('health.behindBy', { age: f.latency(lagMs), count: f.count(behind) })
            : t('health.behind', { age: f.latency(lagMs) }),
    })),
    {
      name: t('health.endpoints'),
      state: lightOf(false, unwell > 0),
      figure:
        unwell > 0 ? t('health.failing', { n: unwell }) : t('health.waiting', { n: stats.webhooks.pending }),
      ...(hasScope('webhooks:read') && { href: hrefOf({ page: 'webhooks' }) }),
    },
    {
      name: t('health.mail'),
      state: lightOf(false, (notify.p95 ?? 0) > 30_000),
      figure: latency(notify.p50),
    },
    ...(labels === undefined
      ? []
      : [
          {
            name: t('health.carrier'),
            state: lightOf(false, labels.failing > 0 || labels.oldestMs > LABEL_LATE_MS),
            figure:
              labels.failing > 0
                ? t('health.labelsFailing', { n: labels.failing })
                : t('health.labels', { n: labels.waiting }),
            ...(labels.failing > 0 && { href: hrefOf({ page: 'queues', queue: 'attention' }) }),
          },
        ]),
  ];
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
