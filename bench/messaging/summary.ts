import type { BrokerName } from '../../src/contracts/broker-names.ts';
import { summarise } from '../../src/domain/statistics.ts';
import { spreadOf, type Spread } from '../lib/median.ts';
import { cellOf, perSecond, responseTimesOf, type Cell } from '../measure/cell.ts';
import type { Load } from '../measure/load.ts';
import type { RunContext } from '../measure/run-context.ts';
import type { RelayMeasurement } from './relay.ts';
import type { LoadName, TransportMeasurement } from './rounds.ts';
import { TRANSPORTS, type TransportName } from './transports.ts';

/** What is kept of a run: everything that its tables show. */
export interface MessagingSummary extends RunContext {
  /** By load and transport. */
  readonly cells: Readonly<Record<LoadName, Partial<Record<TransportName, Cell>>>>;
  /** Each transport relative to the hand-written queues, within a round. */
  readonly ratios: readonly Ratios[];
  readonly relay: readonly RelayFigures[];
}

/** Each undefined where one of the two transports was not measured. */
export interface Ratios {
  readonly transport: TransportName;
  readonly ordersPerSecond: Spread | undefined;
  readonly p50: Spread | undefined;
  readonly p50Sequential: Spread | undefined;
}

export interface RelayFigures {
  readonly destination: BrokerName;
  readonly eventsPerSecond: Spread;
  /** From the commit to the subscriber while nothing else happens, over all rounds. Milliseconds. */
  readonly idle: { readonly p50: number; readonly p99: number };
}

export function summariseMessaging(
  context: RunContext,
  measurements: readonly TransportMeasurement[],
  relay: readonly RelayMeasurement[],
): MessagingSummary {
  const ratio = (
    transport: TransportName,
    load: LoadName,
    figure: (load: Load) => number,
  ): Spread | undefined => ratioWithinRounds(measurements, load, [transport, 'queues'], figure);
  const measured = TRANSPORTS.filter((name) => measurements.some(({ transport }) => transport === name));
  return {
    ...context,
    cells: {
      'in-flight-50': cellsOf(measurements, 'in-flight-50'),
      'in-flight-1': cellsOf(measurements, 'in-flight-1'),
    },
    ratios: measured
      .filter((name) => name !== 'queues' && measured.includes('queues'))
      .map((transport) => ({
        transport,
        ordersPerSecond: ratio(transport, 'in-flight-50', perSecond),
        p50: ratio(transport, 'in-flight-50', p50),
        p50Sequential: ratio(transport, 'in-flight-1', p50),
      })),
    relay: relayFigures(relay),
  };
}

const p50 = (load: Load): number => responseTimesOf([load]).p50;

function cellsOf(
  measurements: readonly TransportMeasurement[],
  load: LoadName,
): Partial<Record<TransportName, Cell>> {
  const cells: Partial<Record<TransportName, Cell>> = {};
  for (const name of TRANSPORTS) {
    const own = measurements.filter((each) => each.transport === name && each.load === load);
    if (own.length > 0) cells[name] = cellOf(own.map(({ result }) => result));
  }
  return cells;
}

/** Each ratio is taken within a round, so that a slowdown of the machine affects both of its sides. */
function ratioWithinRounds(
  measurements: readonly TransportMeasurement[],
  load: LoadName,
  [numerator, denominator]: readonly [TransportName, TransportName],
  figure: (load: Load) => number,
): Spread | undefined {
  const loadOf = (round: number, transport: TransportName): Load | undefined =>
    measurements.find((each) => each.round === round && each.transport === transport && each.load === load)
      ?.result;
  const rounds = [...new Set(measurements.map(({ round }) => round))];
  const ratios = rounds.flatMap((round) => {
    const [above, below] = [loadOf(round, numerator), loadOf(round, denominator)];
    return above && below ? [figure(above) / figure(below)] : [];
  });
  return ratios.length > 0 ? spreadOf(ratios) : undefined;
}

export function relayFigures(measurements: readonly RelayMeasurement[]): RelayFigures[] {
  const destinations = [...new Set(measurements.map(({ destination }) => destination))];
  return destinations.map((destination) => {
    const own = measurements.filter((each) => each.destination === destination);
    const idle = summarise(own.flatMap(({ idleMs }) => idleMs));
    if (!idle) throw new RangeError(`no event to ${destination} was measured while the relay was idle`);
    return {
      destination,
      eventsPerSecond: spreadOf(own.map(({ eventsPerSecond }) => eventsPerSecond)),
      idle: { p50: idle.p50, p99: idle.p99 },
    };
  });
}
