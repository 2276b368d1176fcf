import { useEffect, useState } from 'preact/hooks';
import type { StatsView } from '../../src/contracts/http/stats.ts';
import { healthOf, type Figure } from '../../src/domain/situation/health.ts';
import { BEHIND_MS } from '../../src/domain/situation/limits.ts';
import { outcomesOf } from '../../src/domain/situation/outcomes.ts';
import type { QueueCount } from '../../src/domain/situation/queues.ts';
import { onLogScale } from '../../src/domain/situation/rates.ts';
import { remarkOf, sentenceOf, type Clause, type Remark } from '../../src/domain/situation/sentence.ts';
import { get } from '../api/client.ts';
import { hasScope } from '../api/session.ts';
import { sparkline, thinned } from '../lib/history.ts';
import { addressOf, isQueue } from '../lib/queues.ts';
import { hrefOf } from '../lib/router.ts';
import { useData, useNow } from '../state/data.ts';
import { figures, live, rates, readRates, samples, type Figures } from '../state/live.ts';
import { useRecentOrders, type RecentOrder } from '../state/recent.ts';
import { useStore } from '../lib/store.ts';
import { textOr, useTexts, type Translate } from '../state/texts.ts';
import {
  Age,
  Card,
  Empty,
  Icon,
  Id,
  Light,
  NeedsScope,
  ProblemNote,
  Skeleton,
  Title,
  useTitle,
  When,
} from '../ui/basics.tsx';
import { StatusPill } from '../ui/order-pills.tsx';
import { OrdersPlot } from '../ui/plot.tsx';

/** The sentence changes at most so often, since it is read aloud. Milliseconds. */
const SENTENCE_MS = 10_000;
const RATES_MS = 5_000;
const LONG_WINDOW_MS = 10_000;
const CHECKS_MS = 5_000;

export function NowPage() {
  const { t } = useTexts();
  useTitle(t('nav.now'));
  return (
    <NeedsScope scope="stats:read">
      <Now />
    </NeedsScope>
  );
}

const WINDOWS = ['5m', '30m', '1d'] as const;
type Window = (typeof WINDOWS)[number];

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
  if (shown === undefined) return feed.stale ? <NoFigures /> : <Skeleton rows={8} />;
  const stats = (chosen === '5m' ? undefined : long.data) ?? shown.stats;
  return (
    <>
      <Sentence shown={shown} checks={checks.data} isStale={feed.stale} chosen={chosen} choose={setChosen} />
      <Health stats={shown.stats} checks={checks.data} />
      <Tiles stats={stats} />
      <div class="two">
        <Plot />
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

function Sentence({
  shown,
  checks,
  isStale,
  chosen,
  choose,
}: {
  shown: Figures;
  checks: Record<string, string> | undefined;
  isStale: boolean;
  chosen: Window;
  choose: (window: Window) => void;
}) {
  const { t, f } = useTexts();
  const text = sentenceOf({ ...shown, ...(checks && { checks }), now: shown.at })
    .map((clause) => clauseText(clause, t, f))
    .join(f.locale === 'zh' ? '' : ' ');
  const said = useSlowly(text);
  return (
    <div class="title">
      <div class="grow">
        <h1 aria-live="polite">{said}</h1>
        <p>
          {isStale ? <span class="is-warn">{t('now.asOf', { time: f.time(shown.at) })} </span> : null}
          {remarkText(remarkOf(shown.stats), t, f)}
        </p>
      </div>
      <div class="side-r">
        <span class="seg" role="group" aria-label={t('now.window')}>
          {WINDOWS.map((window) => (
            <button
              key={window}
              type="button"
              aria-pressed={window === chosen}
              onClick={() => {
                choose(window);
              }}
            >
              {t(`now.window.${window}`)}
            </button>
          ))}
        </span>
      </div>
    </div>
  );
}

/** The text, changed at most every ten seconds. */
function useSlowly(text: string): string {
  const [said, setSaid] = useState({ text, at: Date.now() });
  useEffect(() => {
    if (said.text === text) return;
    const timer = setTimeout(
      () => {
        setSaid({ text, at: Date.now() });
      },
      Math.max(0, said.at + SENTENCE_MS - Date.now()),
    );
    return () => {
      clearTimeout(timer);
    };
  }, [text, said]);
  return said.text;
}

type TextFormats = ReturnType<typeof useTexts>['f'];

function clauseText(clause: Clause, t: Translate, f: TextFormats): string {
  switch (clause.kind) {
    case 'down':
      return t('sentence.down', {
        names: clause.names.map((name) => textOr(`health.${name}`, name)).join(', '),
      });
    case 'stuck':
      return t('sentence.stuck', { n: clause.count });
    case 'slow':
      return t('sentence.slow', { p50: f.latency(clause.p50) });
    case 'normal':
      return t('sentence.normal');
    case 'quiet':
      return t('sentence.quiet');
    case 'nothing-needs':
      return t('sentence.nothingNeeds');
    case 'needs': {
      const count = { n: clause.count, count: `${f.count(clause.count)}${clause.atLeast ? '+' : ''}` };
      return clause.oldestMs === undefined
        ? t('sentence.needs', count)
        : t('sentence.needsSince', { ...count, age: f.age(clause.oldestMs) });
    }
  }
}

function remarkText(remark: Remark, t: Translate, f: TextFormats): string {
  switch (remark.kind) {
    case 'behind':
      return remark.others === 0
        ? t('remark.behind', { name: nameOf(remark.destination), age: f.latency(remark.lagMs) })
        : t('remark.behindMore', {
            name: nameOf(remark.destination),
            age: f.latency(remark.lagMs),
            n: remark.others,
          });
    case 'ahead':
      return t('remark.ahead', { name: nameOf(remark.destination) });
    case 'feed-late':
      return t('remark.feedLate', { age: f.age(remark.ms) });
    case 'long-transaction':
      return t('remark.longTransaction', { age: f.age(remark.ms) });
    case 'webhooks':
      return t('remark.webhooks', { n: remark.failing + remark.disabled });
    case 'nothing-behind':
      return t('remark.nothingBehind');
  }
}

const nameOf = (destination: string): string => textOr(`health.${destination}`, destination);

function figureText(figure: Figure, t: Translate, f: TextFormats): string {
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
  }
}

function Health({ stats, checks }: { stats: StatsView; checks: Record<string, string> | undefined }) {
  const { t, f } = useTexts();
  const entries = healthOf(stats, checks).map(({ name, light, figure }) => ({
    name: nameOf(name),
    state: light,
    figure: figureText(figure, t, f),
    href: name === 'endpoints' && hasScope('webhooks:read') ? hrefOf({ page: 'webhooks' }) : undefined,
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

function Tiles({ stats }: { stats: StatsView }) {
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
        sub={t('tile.parked', { n: stats.parked })}
        values={seen.map(({ backlog }) => backlog)}
      />
    </section>
  );
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
  sub: string;
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

function Plot() {
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

function Needs({ queues }: { queues: readonly QueueCount[] }) {
  const { t, f } = useTexts();
  const now = useNow(15_000);
  const needs = queues.filter(({ group, count }) => group === 'need_you' && count > 0);
  const idle = queues.filter(({ group, count }) => group === 'need_you' && count === 0).length;
  const watched = queues.filter(({ group }) => group === 'watch').reduce((sum, { count }) => sum + count, 0);
  return (
    <Card
      title={t('now.needs')}
      more={<a href={hrefOf({ page: 'queues', queue: 'attention' })}>{t('now.allQueues')}</a>}
    >
      <div class="list">
        {needs.map(({ name, count, atLeast, oldestAt, dueAt }) => (
          <a key={name} href={hrefOf({ page: 'queues', queue: addressOf(name) })}>
            <span class={`n ${name === 'attention' ? 'is-act' : ''}`}>
              {f.count(count)}
              {atLeast === true && '+'}
            </span>
            <span class="clip">
              {isQueue(addressOf(name)) ? textOr(`queue.${addressOf(name)}`, name) : name}
            </span>
            {dueAt !== undefined ? (
              <span class={`age ${Date.parse(dueAt) - now < 72 * 3_600_000 ? 'is-warn' : ''}`}>
                {t('now.dueIn', { age: f.age(Date.parse(dueAt) - now) })}
              </span>
            ) : (
              oldestAt !== undefined && (
                <span class="age">
                  <Age at={oldestAt} />
                </span>
              )
            )}
            <Icon name="right" small />
          </a>
        ))}
        <p class="quiet">
          {needs.length === 0 && <b>{t('sentence.nothingNeeds')} </b>}
          {t('now.idle', { n: idle, watched: f.count(watched) })}
        </p>
      </div>
    </Card>
  );
}

function Latest() {
  const { t } = useTexts();
  const [isHeld, setHeld] = useState(false);
  const orders = useRecentOrders(isHeld);
  if (!hasScope('orders:read')) return <div />;
  const hold = () => {
    setHeld(true);
  };
  const release = () => {
    setHeld(false);
  };
  return (
    <Card
      title={t('now.latest')}
      more={
        <>
          <span class="only-wide">{t(isHeld ? 'now.held' : 'now.noNames')}</span>
          <a href={hrefOf({ page: 'orders', filter: {} })}>{t('now.allOrders')}</a>
        </>
      }
    >
      {orders === undefined ? (
        <Skeleton rows={8} />
      ) : orders.length === 0 ? (
        <Empty>
          {t('now.noOrders')} <code>npx checkout place</code>
        </Empty>
      ) : (
        // Nothing moves under the pointer.
        <table
          class="tbl fold"
          onMouseEnter={hold}
          onMouseLeave={release}
          onFocusIn={hold}
          onFocusOut={release}
        >
          <thead>
            <tr>
              <th>{t('now.time')}</th>
              <th>{t('orders.order')}</th>
              <th class="num">{t('orders.total')}</th>
              <th>{t('orders.status')}</th>
            </tr>
          </thead>
          <tbody>
            {orders.slice(0, 8).map((order) => (
              <LatestRow key={order.orderId} order={order} />
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function LatestRow({ order }: { order: RecentOrder }) {
  const { f } = useTexts();
  return (
    <tr>
      <td class="faint nowrap hide">
        <When at={order.updatedAt} seconds />
      </td>
      <td class="id">
        <a href={hrefOf({ page: 'order', orderId: order.orderId })}>
          <Id id={order.orderId} />
        </a>
      </td>
      <td class="num">{f.money(order.total, order.currency)}</td>
      <td class="full">
        <StatusPill status={order.status} />
      </td>
    </tr>
  );
}

function Stages({ stats }: { stats: StatsView }) {
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

function OnTheirWay({ stats }: { stats: StatsView }) {
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
