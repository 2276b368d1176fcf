import assert from 'node:assert/strict';
import type { RelayMeasurement } from '../../bench/messaging/relay.ts';
import type { LoadName, WayMeasurement } from '../../bench/messaging/rounds.ts';
import { sheetsOfMessaging } from '../../bench/messaging/tables.ts';
import { summariseMessaging, type MessagingSummary } from '../../bench/messaging/summary.ts';
import type { WayName } from '../../bench/messaging/transports.ts';
import { parseArguments } from '../../bench/options.ts';
import { load, summary } from '../support/bench/summaries.ts';

/** 100 orders in so many milliseconds. */
const came = (
  round: number,
  way: WayName,
  durationMs: number,
  name: LoadName = 'crowd',
  responseMs = 10,
): WayMeasurement => ({ round, way, load: name, result: load(durationMs, responseMs) });

const relayed = (round: number, eventsPerSecond: number, idleMs: readonly number[]): RelayMeasurement => ({
  round,
  destination: 'kafka',
  eventsPerSecond,
  idleMs,
});

const messaging = (
  measurements: readonly WayMeasurement[],
  relay: readonly RelayMeasurement[] = [],
): MessagingSummary => summariseMessaging(summary(), measurements, relay);

describe('A run of messaging summed up', () => {
  it('takes each ratio within a round: a machine that slows down for a round does not change it', () => {
    const rounds = [1, 10, 3].flatMap((slower, index) => [
      came(index + 1, 'kafka', 1_000 * slower, 'crowd', 10 * slower),
      came(index + 1, 'queues', 4_000 * slower, 'crowd', 20 * slower),
    ]);
    const [kafka] = messaging(rounds).ratios;
    assert.deepEqual(kafka, {
      way: 'kafka',
      ordersPerSecond: { median: 4, min: 4, max: 4 },
      p50: { median: 0.5, min: 0.5, max: 0.5 },
      p50Alone: undefined,
    });
  });

  it('compares with nothing where the hand-written queues could not run', () => {
    assert.deepEqual(messaging([came(1, 'http', 1_000), came(1, 'zeromq', 1_000)]).ratios, []);
  });

  it('keeps many in flight and one apart', () => {
    const { cells } = messaging([came(1, 'http', 1_000), came(1, 'http', 5_000, 'alone')]);
    assert.equal(cells.crowd.http?.ordersPerSecond.median, 100);
    assert.equal(cells.alone.http?.ordersPerSecond.median, 20);
  });

  it('gives the events a second as the median of the rounds, and the idle times over all of them', () => {
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
    const sheets = sheetsOfMessaging(messaging([came(1, 'queues', 1_000), came(1, 'http', 1_000)]));
    assert.deepEqual(
      sheets.map(({ title, rows }) => [title.split(/[,:]/)[0], rows.map(([name]) => name)]),
      [
        ['50 in flight', ['by HTTP', 'hand-written queues']],
        ['As a multiple of the hand-written queues', ['by HTTP']],
        ['Processor time an order', ['by HTTP', 'hand-written queues']],
        ['How an order gets there', ['by HTTP', 'hand-written queues']],
      ],
    );
  });

  it('says so where the system does not tell the processor time', () => {
    const silent = { ...came(1, 'http', 1_000), result: { ...load(1_000), processor: undefined } };
    const sheets = sheetsOfMessaging(messaging([silent]));
    assert.ok(sheets.some(({ rows }) => rows.some((row) => row.includes('not available'))));
  });
});

describe('The command line of the benchmark', () => {
  it('measures messaging by a command with options of its own', () => {
    const asked = parseArguments(['messaging', '--quick', '--rounds', '4', '--seconds', '7']);
    assert.deepEqual(asked, {
      command: 'messaging',
      options: { quick: true, plan: { rounds: 4, loadMs: 7_000 } },
    });
  });
});
