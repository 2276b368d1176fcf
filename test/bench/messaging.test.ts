import assert from 'node:assert/strict';
import type { RelayMeasurement } from '../../bench/messaging/relay.ts';
import type { LoadName, TransportMeasurement } from '../../bench/messaging/rounds.ts';
import { messagingTables } from '../../bench/messaging/tables.ts';
import { summariseMessaging, type MessagingSummary } from '../../bench/messaging/summary.ts';
import type { TransportName } from '../../bench/messaging/transports.ts';
import { parseArguments } from '../../bench/options.ts';
import { load, summary } from '../support/bench/summaries.ts';

/** 100 orders in so many milliseconds. */
const measured = (
  round: number,
  transport: TransportName,
  durationMs: number,
  name: LoadName = 'in-flight-50',
  responseMs = 10,
): TransportMeasurement => ({ round, transport, load: name, result: load(durationMs, responseMs) });

const relayed = (round: number, eventsPerSecond: number, idleMs: readonly number[]): RelayMeasurement => ({
  round,
  destination: 'kafka',
  eventsPerSecond,
  idleMs,
});

const messaging = (
  measurements: readonly TransportMeasurement[],
  relay: readonly RelayMeasurement[] = [],
): MessagingSummary => summariseMessaging(summary(), measurements, relay);

describe('The summary of a messaging run', () => {
  it('takes each ratio within a round, so that a round on a slow machine does not change it', () => {
    const rounds = [1, 10, 3].flatMap((slower, index) => [
      measured(index + 1, 'kafka', 1_000 * slower, 'in-flight-50', 10 * slower),
      measured(index + 1, 'queues', 4_000 * slower, 'in-flight-50', 20 * slower),
    ]);
    const [kafka] = messaging(rounds).ratios;
    assert.deepEqual(kafka, {
      transport: 'kafka',
      ordersPerSecond: { median: 4, min: 4, max: 4 },
      p50: { median: 0.5, min: 0.5, max: 0.5 },
      p50Sequential: undefined,
    });
  });

  it('has no ratios where the hand-written queues could not run', () => {
    assert.deepEqual(messaging([measured(1, 'http', 1_000), measured(1, 'zeromq', 1_000)]).ratios, []);
  });

  it('has figures for many orders in flight and for one at a time', () => {
    const { cells } = messaging([measured(1, 'http', 1_000), measured(1, 'http', 5_000, 'in-flight-1')]);
    assert.equal(cells['in-flight-50'].http?.ordersPerSecond.median, 100);
    assert.equal(cells['in-flight-1'].http?.ordersPerSecond.median, 20);
  });

  it('has the events a second as the median of the rounds, and the idle times over all rounds', () => {
    const { relay } = messaging([], [relayed(1, 1_000, [1, 2]), relayed(2, 3_000, [3])]);
    assert.deepEqual(relay, [
      {
        destination: 'kafka',
        eventsPerSecond: { median: 2_000, min: 1_000, max: 3_000 },
        idle: { p50: 2, p99: 3 },
      },
    ]);
  });

  it('has no row and no table for what was not measured', () => {
    const tables = messagingTables(messaging([measured(1, 'queues', 1_000), measured(1, 'http', 1_000)]));
    assert.deepEqual(
      tables.map(({ title, rows }) => [title.split(/[,:]/)[0], rows.map(([name]) => name)]),
      [
        ['50 in flight', ['by HTTP', 'hand-written queues']],
        ['As a multiple of the hand-written queues', ['by HTTP']],
        ['Processor time for each order', ['by HTTP', 'hand-written queues']],
        ['How each transport publishes an order', ['by HTTP', 'hand-written queues']],
      ],
    );
  });

  it('says so where the operating system does not report the processor time', () => {
    const silent = { ...measured(1, 'http', 1_000), result: { ...load(1_000), processor: undefined } };
    const tables = messagingTables(messaging([silent]));
    assert.ok(tables.some(({ rows }) => rows.some((row) => row.includes('not available'))));
  });
});

describe('The command line of the benchmark', () => {
  it('has a command for messaging with options of its own', () => {
    const invocation = parseArguments(['messaging', '--quick', '--rounds', '4', '--seconds', '7']);
    assert.deepEqual(invocation, {
      command: 'messaging',
      options: { quick: true, plan: { rounds: 4, loadMs: 7_000 } },
    });
  });
});
