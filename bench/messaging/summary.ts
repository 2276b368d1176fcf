import type { BrokerName } from '../../src/contracts/ports/broker.ts';
import { summarise } from '../../src/domain/statistics.ts';
import type { Load } from '../measure/load.ts';
import { spreadOf, type Spread } from '../lib/median.ts';
import { perSecond } from '../compare/rounds.ts';
import { cellOf, responseTimesOf, type Cell, type RunContext } from '../compare/summary.ts';
import type { RelayMeasurement } from './relay.ts';
import type { LoadName, WayMeasurement } from './rounds.ts';
import { WAYS, type WayName } from './transports.ts';

/** Everything that is told of a run. */
export interface MessagingSummary extends RunContext {
  /** By load and way. */
  readonly cells: Readonly<Record<LoadName, Partial<Record<WayName, Cell>>>>;
  /** Of each other way to the hand-written queues, within a round. */
  readonly ratios: readonly Ratios[];
  readonly relay: readonly RelayFigures[];
}

/** Each undefined where one of the two was not measured. */
export interface Ratios {
  readonly way: WayName;
  readonly ordersPerSecond: Spread | undefined;
  readonly p50: Spread | undefined;
  readonly p50Alone: Spread | undefined;
}

export interface RelayFigures {
  readonly destination: BrokerName;
  readonly eventsPerSecond: Spread;
  /** From the commit to the follower while nothing else happens, over all rounds. Milliseconds. */
  readonly idle: { readonly p50: number; readonly p99: number };
}

export function summariseMessaging(
  context: RunContext,
  measurements: readonly WayMeasurement[],
  relay: readonly RelayMeasurement[],
): MessagingSummary {
  const ratio = (way: WayName, load: LoadName, figure: (load: Load) => number): Spread | undefined =>
    ratioWithinRounds(measurements, load, [way, 'queues'], figure);
  const measured = WAYS.filter((name) => measurements.some(({ way }) => way === name));
  return {
    ...context,
    cells: { crowd: cellsOf(measurements, 'crowd'), alone: cellsOf(measurements, 'alone') },
    ratios: measured
      .filter((name) => name !== 'queues' && measured.includes('queues'))
      .map((way) => ({
        way,
        ordersPerSecond: ratio(way, 'crowd', perSecond),
        p50: ratio(way, 'crowd', p50),
        p50Alone: ratio(way, 'alone', p50),
      })),
    relay: relayFigures(relay),
  };
}

const p50 = (load: Load): number => responseTimesOf([load]).p50;

function cellsOf(measurements: readonly WayMeasurement[], load: LoadName): Partial<Record<WayName, Cell>> {
  const cells: Partial<Record<WayName, Cell>> = {};
  for (const name of WAYS) {
    const loads = measurements.filter((each) => each.way === name && each.load === load);
    if (loads.length > 0) cells[name] = cellOf(loads.map(({ result }) => result));
  }
  return cells;
}

/** What slows the machine down for a while slows both sides of one ratio. */
function ratioWithinRounds(
  measurements: readonly WayMeasurement[],
  load: LoadName,
  [one, other]: readonly [WayName, WayName],
  figure: (load: Load) => number,
): Spread | undefined {
  const found = (round: number, way: WayName): Load | undefined =>
    measurements.find((each) => each.round === round && each.way === way && each.load === load)?.result;
  const rounds = [...new Set(measurements.map(({ round }) => round))];
  const ratios = rounds.flatMap((round) => {
    const [ours, theirs] = [found(round, one), found(round, other)];
    return ours && theirs ? [figure(ours) / figure(theirs)] : [];
  });
  return ratios.length > 0 ? spreadOf(ratios) : undefined;
}

export function relayFigures(measurements: readonly RelayMeasurement[]): RelayFigures[] {
  const destinations = [...new Set(measurements.map(({ destination }) => destination))];
  return destinations.map((destination) => {
    const own = measurements.filter((each) => each.destination === destination);
    const idle = summarise(own.flatMap(({ idleMs }) => idleMs));
    if (!idle) throw new RangeError('nothing was measured');
    return {
      destination,
      eventsPerSecond: spreadOf(own.map(({ eventsPerSecond }) => eventsPerSecond)),
      idle: { p50: idle.p50, p99: idle.p99 },
    };
  });
}
