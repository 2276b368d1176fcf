import type { BrokerName } from '../../src/contracts/broker-names.ts';
import type { Spread } from '../lib/median.ts';
import { PROCESSES, type ProcessName } from '../lib/processor-time.ts';
import { totalOf, type Cell } from '../measure/cell.ts';
import { figure, NOT_AVAILABLE, PROCESS_TITLES, spread } from '../report/figures.ts';
import type { Table } from '../report/table.ts';
import type { LoadName } from './rounds.ts';
import type { MessagingSummary, RelayFigures } from './summary.ts';
import { TRANSPORTS, transports } from './transports.ts';

const BROKER_TITLES: Readonly<Record<BrokerName, string>> = {
  rabbitmq: 'RabbitMQ',
  kafka: 'Kafka',
  zeromq: 'ZeroMQ',
};

/** The tables of a run, for the terminal and the document alike. A table without rows is left out. */
export const messagingTables = (summary: MessagingSummary): Table[] =>
  [
    transportTable(
      summary,
      'in-flight-50',
      '50 in flight, from the publication to paid: median of the rounds (least–most)',
      [
        ['orders a second', ({ ordersPerSecond }) => spread(ordersPerSecond)],
        ['with their mails', ({ settledPerSecond }) => spread(settledPerSecond)],
        ['p50, ms', ({ responseTimes }) => figure(responseTimes.p50)],
        ['p95', ({ responseTimes }) => figure(responseTimes.p95)],
        ['p99', ({ responseTimes }) => figure(responseTimes.p99)],
      ],
    ),
    transportTable(summary, 'in-flight-1', 'One at a time, from the publication to paid', [
      ['orders a second', ({ ordersPerSecond }) => spread(ordersPerSecond)],
      ['p50, ms', ({ responseTimes }) => figure(responseTimes.p50)],
      ['p95', ({ responseTimes }) => figure(responseTimes.p95)],
    ]),
    ratiosTable(summary),
    transportTable(summary, 'in-flight-50', 'Processor time for each order, ms, 50 in flight', [
      ...PROCESSES.map((name): Column => [processTitle(name), ({ processorMs }) => ms(processorMs?.[name])]),
      ['together', ({ processorMs }) => ms(processorMs ? totalOf(processorMs) : undefined)],
    ]),
    relayTable(summary.relay),
    aboutTable(summary),
  ].filter(({ rows }) => rows.length > 0);

type Column = readonly [head: string, text: (cell: Cell) => string];

function transportTable(
  { cells }: MessagingSummary,
  load: LoadName,
  title: string,
  columns: readonly Column[],
): Table {
  return {
    title,
    head: ['', ...columns.map(([head]) => head)],
    rows: TRANSPORTS.flatMap((name) => {
      const cell = cells[load][name];
      return cell ? [[transports[name].title, ...columns.map(([, text]) => text(cell))]] : [];
    }),
  };
}

const processTitle = (name: ProcessName): string =>
  name === 'engine' ? 'Temporal and broker' : PROCESS_TITLES[name];

const ms = (value: number | undefined): string => (value === undefined ? NOT_AVAILABLE : figure(value));

const ratiosTable = (summary: MessagingSummary): Table => ({
  title: 'As a multiple of the hand-written queues, in the same round: median (least–most)',
  head: ['', 'orders a second, 50 in flight', 'p50, 50 in flight', 'p50, one at a time'],
  rows: summary.ratios.map(({ transport, ordersPerSecond, p50, p50Sequential }) => [
    transports[transport].title,
    ratio(ordersPerSecond),
    ratio(p50),
    ratio(p50Sequential),
  ]),
});

const ratio = (value: Spread | undefined): string => (value ? spread(value) : '');

export const relayTable = (figures: readonly RelayFigures[]): Table => ({
  title: 'Events published by the relay: median of the rounds (least–most)',
  head: ['', 'events a second', 'commit to subscriber, idle: p50, ms', 'p99'],
  rows: figures.map(({ destination, eventsPerSecond, idle }) => [
    `to ${BROKER_TITLES[destination]}`,
    spread(eventsPerSecond),
    figure(idle.p50),
    figure(idle.p99),
  ]),
});

const aboutTable = ({ cells }: MessagingSummary): Table => ({
  title: 'How each transport publishes an order',
  head: ['', ''],
  rows: TRANSPORTS.filter((name) => cells['in-flight-50'][name]).map((name) => [
    transports[name].title,
    transports[name].about,
  ]),
});
