import type { BrokerName } from '../../src/contracts/ports/broker.ts';
import type { Spread } from '../lib/median.ts';
import { PROCESSES, type ProcessName } from '../lib/processor-time.ts';
import { figure, PROCESS_TITLES, spread } from '../report/figures.ts';
import type { Sheet } from '../compare/tables.ts';
import { totalOf, type Cell } from '../compare/summary.ts';
import type { LoadName } from './rounds.ts';
import type { MessagingSummary, RelayFigures } from './summary.ts';
import { WAYS, ways } from './transports.ts';

const BROKER_TITLES: Readonly<Record<BrokerName, string>> = {
  rabbitmq: 'RabbitMQ',
  kafka: 'Kafka',
  zeromq: 'ZeroMQ',
};

const NOT_AVAILABLE = 'not available';

/** The tables of a run, for the terminal and for the document alike; none without a row. */
export const sheetsOfMessaging = (summary: MessagingSummary): Sheet[] =>
  [
    waySheet(
      summary,
      'crowd',
      '50 in flight, from the publication to paid: median of the rounds (least–most)',
      [
        ['orders a second', ({ ordersPerSecond }) => spread(ordersPerSecond)],
        ['with their mails', ({ settledPerSecond }) => spread(settledPerSecond)],
        ['p50, ms', ({ responseTimes }) => figure(responseTimes.p50)],
        ['p95', ({ responseTimes }) => figure(responseTimes.p95)],
        ['p99', ({ responseTimes }) => figure(responseTimes.p99)],
      ],
    ),
    waySheet(summary, 'alone', 'One at a time, from the publication to paid', [
      ['orders a second', ({ ordersPerSecond }) => spread(ordersPerSecond)],
      ['p50, ms', ({ responseTimes }) => figure(responseTimes.p50)],
      ['p95', ({ responseTimes }) => figure(responseTimes.p95)],
    ]),
    ratios(summary),
    waySheet(summary, 'crowd', 'Processor time an order, ms, 50 in flight', [
      ...PROCESSES.map((name): Column => [processTitle(name), ({ processorMs }) => ms(processorMs?.[name])]),
      ['together', ({ processorMs }) => ms(processorMs ? totalOf(processorMs) : undefined)],
    ]),
    relaySheet(summary.relay),
    about(summary),
  ].filter(({ rows }) => rows.length > 0);

type Column = readonly [head: string, text: (cell: Cell) => string];

function waySheet(
  { cells }: MessagingSummary,
  load: LoadName,
  title: string,
  columns: readonly Column[],
): Sheet {
  return {
    title,
    head: ['', ...columns.map(([head]) => head)],
    rows: WAYS.flatMap((name) => {
      const cell = cells[load][name];
      return cell ? [[ways[name].title, ...columns.map(([, text]) => text(cell))]] : [];
    }),
  };
}

const processTitle = (name: ProcessName): string =>
  name === 'engine' ? 'Temporal and broker' : PROCESS_TITLES[name];

const ms = (value: number | undefined): string => (value === undefined ? NOT_AVAILABLE : figure(value));

const ratios = (summary: MessagingSummary): Sheet => ({
  title: 'As a multiple of the hand-written queues, in the same round: median (least–most)',
  head: ['', 'orders a second, 50 in flight', 'p50, 50 in flight', 'p50, one at a time'],
  rows: summary.ratios.map(({ way, ordersPerSecond, p50, p50Alone }) => [
    ways[way].title,
    ratio(ordersPerSecond),
    ratio(p50),
    ratio(p50Alone),
  ]),
});

const ratio = (value: Spread | undefined): string => (value ? spread(value) : '');

export const relaySheet = (figures: readonly RelayFigures[]): Sheet => ({
  title: 'Events that the relay brings out: median of the rounds (least–most)',
  head: ['', 'events a second', 'commit to follower, idle: p50, ms', 'p99'],
  rows: figures.map(({ destination, eventsPerSecond, idle }) => [
    `to ${BROKER_TITLES[destination]}`,
    spread(eventsPerSecond),
    figure(idle.p50),
    figure(idle.p99),
  ]),
});

const about = ({ cells }: MessagingSummary): Sheet => ({
  title: 'How an order gets there',
  head: ['', ''],
  rows: WAYS.filter((name) => cells.crowd[name]).map((name) => [ways[name].title, ways[name].about]),
});
