import type { StatsView } from '../../contracts/http/stats.ts';
import { formatMoney } from '../../domain/money.ts';
import { healthOf, type Light } from '../../domain/situation/health.ts';
import { outcomesOf } from '../../domain/situation/outcomes.ts';
import { onLogScale, type Rate } from '../../domain/situation/rates.ts';
import { STATUS_STYLE } from '../output/orders.ts';
import type { Style } from '../output/terminal.ts';
import { beside, firstThatFits, fit, flow, span, type Line } from './lines.ts';
import type { Shown } from './shown.ts';
import { age, figureText, latency, nameOf, queueName, rate, share } from './words.ts';

/** Shape and colour, so that neither is needed alone. */
const LIGHTS: Readonly<Record<Light, { shape: string; style: Style }>> = {
  ok: { shape: '●', style: 'green' },
  slow: { shape: '▲', style: 'yellow' },
  down: { shape: '■', style: 'red' },
  off: { shape: '○', style: 'dim' },
};

export const healthBlock = ({ stats, checks }: Shown, columns: number): Line[] =>
  flow(
    healthOf(stats, checks).map(({ name, light, figure }) => {
      const { shape, style } = LIGHTS[light];
      return [
        span(shape, style),
        span(` ${nameOf(name)} `),
        span(figureText(figure), light === 'ok' ? 'dim' : style),
      ];
    }),
    columns,
  );

/** Four figures side by side; two rows of two on a narrow terminal. */
export function tilesBlock({ stats }: Shown, columns: number): Line[] {
  const perRow = columns < 72 ? 2 : 4;
  const width = Math.floor(columns / perRow);
  const tiles = tilesOf(stats, width - 2).map(([title, figure, unit, below]) => ({
    columns: width,
    lines: [[span(title, 'dim')], [span(figure, 'bold'), span(unit)], [span(below, 'dim')]],
  }));
  return [...beside(tiles.slice(0, perRow)), ...beside(tiles.slice(perRow))];
}

function tilesOf(stats: StatsView, room: number): [string, string, string, string][] {
  const outcomes = outcomesOf(stats);
  const { p50, p95, p99 } = stats.responseTime;
  const placed = stats.orders.placed / Math.max(1, stats.windowSeconds);
  const inWindow = `${stats.orders.placed} in ${age(stats.windowSeconds * 1_000)}`;
  return [
    ['Orders a second', rate(placed), '', inWindow],
    [
      firstThatFits(room, ['Paid, of those decided', 'Paid of decided']),
      outcomes ? share(outcomes.paid) : '–',
      '',
      outcomes
        ? firstThatFits(room, [
            `${share(outcomes.declined)} declined, ${share(outcomes.outOfStock)} out of stock`,
            `${share(outcomes.declined)} declined`,
          ])
        : 'nothing decided yet',
    ],
    [
      firstThatFits(room, ['From request to outcome', 'Request to outcome']),
      latency(p50),
      p50 === null ? '' : ' p50',
      firstThatFits(room, [`p95 ${latency(p95)}, p99 ${latency(p99)}`, `p99 ${latency(p99)}`]),
    ],
    [
      'Without an outcome',
      String(stats.backlog),
      '',
      firstThatFits(room, [`${stats.parked} wait for an operator`, `${stats.parked} for operators`]),
    ],
  ];
}

const NUMBER = 9;
const STAGE = 9;

/** Each stage as a bar on a logarithmic scale, dense up to p50, then p95, then p99. */
export function stagesBlock({ stats }: Shown, columns: number): Line[] {
  const room = Math.max(8, columns - STAGE - 2 * NUMBER - 1);
  const rows = [
    ['Reserve', stats.stages.reserve],
    ['Charge', stats.stages.charge],
    ['Notify', stats.stages.notify],
    ['All', stats.responseTime],
  ] as const;
  const scale = `1 ms${'10 s'.padStart(Math.max(4, room - 4))}`;
  const head = `${'Stage'.padEnd(STAGE)}${scale}${'p50'.padStart(NUMBER)}${'p99'.padStart(NUMBER)}`;
  return [
    [span(head, 'dim')],
    ...rows.map(([name, { p50, p95, p99 }]) => [
      span(name.padEnd(STAGE)),
      ...bar([p50, p95, p99], room),
      span(latency(p50).padStart(NUMBER)),
      span(latency(p99).padStart(NUMBER), 'dim'),
    ]),
  ];
}

function bar(percentiles: readonly (number | null)[], columns: number): Line {
  let done = 0;
  const parts = percentiles.map((ms, index) => {
    const end = ms === null ? 0 : Math.max(1, Math.round((onLogScale(ms) / 100) * columns));
    const length = Math.max(0, end - done);
    done += length;
    return span(('█▓░'[index] ?? '').repeat(length), 'cyan');
  });
  return [...parts, span(' '.repeat(columns - done))];
}

const DUE_SOON_MS = 72 * 3_600_000;

/** What needs somebody, with count and oldest. What mends itself is one line below. */
export function needsBlock({ queues }: Shown, columns: number, now: number): Line[] {
  const needs = queues.filter(({ group, count }) => group === 'need_you' && count > 0);
  const watched = queues.filter(({ group }) => group === 'watch').reduce((sum, { count }) => sum + count, 0);
  const rows = needs.map(({ name, count, atLeast, oldestAt, dueAt }): Line => {
    const left = dueAt === undefined ? undefined : Date.parse(dueAt) - now;
    const since = oldestAt === undefined ? '' : age(now - Date.parse(oldestAt));
    const when = left === undefined ? since : left < 0 ? `${age(-left)} late` : `due in ${age(left)}`;
    const figure = `${count}${atLeast === true ? '+' : ''}`.padStart(6);
    const name_ = queueName(name);
    const gap = Math.max(1, columns - figure.length - name_.length - when.length - 3);
    return [
      span(figure, name === 'attention' ? 'yellow' : 'bold'),
      span(`  ${name_}${' '.repeat(gap)}`),
      span(when, left !== undefined && left < DUE_SOON_MS ? 'yellow' : 'dim'),
    ];
  });
  return [
    [span(`Needs you${'oldest'.padStart(Math.max(7, columns - 10))}`, 'dim')],
    ...(rows.length === 0 ? [[span('Nothing needs you.')]] : rows),
    [span(`${watched} mend themselves`, 'dim')],
  ];
}

const LEVELS = '▁▂▃▄▅▆▇█';
const PLOT_MS = 30 * 60_000;

/** Orders placed and decided a second in the last half hour, on one scale. */
export function plotBlock({ rates }: Shown, columns: number): Line[] {
  const highest = Math.max(0, ...rates.flatMap(({ placed, decided }) => [placed, decided]));
  const line = (name: string, valueOf: (each: Rate) => number): Line => {
    const last = rates.at(-1);
    const label = `${last === undefined ? '–' : rate(valueOf(last))}/s`.padStart(NUMBER);
    const room = columns - STAGE - NUMBER - 1;
    return [span(name.padEnd(STAGE)), span(curve(rates, valueOf, highest, room), 'cyan'), span(label)];
  };
  return [
    [span(`Orders a second in the last 30 min, at most ${rate(highest)}`, 'dim')],
    line('Placed', ({ placed }) => placed),
    line('Decided', ({ decided }) => decided),
  ];
}

/** One column for each equal part of the time up to the last rate, with the highest value of it, or the one before where there is none. */
function curve(
  rates: readonly Rate[],
  valueOf: (each: Rate) => number,
  highest: number,
  columns: number,
): string {
  const start = (rates.at(-1)?.at ?? 0) - PLOT_MS;
  const values = new Map<number, number>();
  for (const each of rates) {
    const column = Math.min(columns - 1, Math.floor(((each.at - start) / PLOT_MS) * columns));
    values.set(column, Math.max(values.get(column) ?? 0, valueOf(each)));
  }
  let value: number | undefined;
  return Array.from({ length: Math.max(0, columns) }, (_, column) => {
    value = values.get(column) ?? value;
    if (value === undefined) return ' ';
    return LEVELS[highest === 0 ? 0 : Math.min(7, Math.floor((value / highest) * 8))];
  }).join('');
}

/** The newest orders, without personal data. */
export function ordersBlock({ orders }: Shown, columns: number, rows: number): Line[] {
  if (orders === undefined) return [[span('The newest orders need the scope orders:read.', 'dim')]];
  if (orders.length === 0) return [[span('No orders yet. Place one: checkout place', 'dim')]];
  const idWidth = Math.max(...orders.map(({ orderId }) => orderId.length));
  const row = (time: string, order: string, total: string) =>
    `${time.padEnd(10)}${order.padEnd(idWidth)}${total.padStart(16)}  `;
  return [
    [span(row('Updated', 'Order', 'Total'), 'dim'), span('Status', 'dim')],
    ...orders
      .slice(0, Math.max(1, rows - 1))
      .map(({ updatedAt, orderId, total, currency, status }) => [
        span(row(clock(Date.parse(updatedAt)), orderId, formatMoney(total, currency))),
        span(status, STATUS_STYLE[status]),
      ]),
  ].map((line) => fit(line, columns));
}

/** `14:02:11`, in the time zone of this machine. */
export const clock = (at: number): string => new Date(at).toLocaleTimeString('en-GB');
