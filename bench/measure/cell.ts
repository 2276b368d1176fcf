import { summarise } from '../../src/domain/statistics.ts';
import { spreadOf, type Spread } from '../lib/median.ts';
import { eachProcess, PROCESSES, type ProcessorTimes } from '../lib/processor-time.ts';
import type { Load } from './load.ts';

/** Milliseconds, over the orders of all rounds. */
export interface ResponseTimes {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** The figures of one variant in one scenario, over all rounds. */
export interface Cell {
  readonly ordersPerSecond: Spread;
  /** Orders per second until the last mail had been sent. */
  readonly settledPerSecond: Spread;
  readonly responseTimes: ResponseTimes;
  /** Milliseconds of processor time for each order; null on systems other than Linux. */
  readonly processorMs: ProcessorTimes | null;
  /** Bytes, the maximum of the rounds. */
  readonly memory: { readonly variant: number; readonly engine: number } | null;
  /** Bytes by which the stored data has grown for each order. */
  readonly storedBytes: number;
}

/** @throws {RangeError} of an empty list */
export function cellOf(loads: readonly Load[]): Cell {
  const orders = loads.reduce((sum, load) => sum + load.orders, 0);
  return {
    ordersPerSecond: spreadOf(loads.map(perSecond)),
    settledPerSecond: spreadOf(loads.map((load) => (load.orders * 1_000) / load.settledMs)),
    responseTimes: responseTimesOf(loads),
    processorMs: processorPerOrder(loads, orders),
    memory: maxMemoryOf(loads),
    storedBytes: loads.reduce((sum, { stored }) => sum + stored, 0) / orders,
  };
}

export const perSecond = ({ orders, durationMs }: Load): number => (orders * 1_000) / durationMs;

/** @throws {RangeError} of loads without a response */
export function responseTimesOf(loads: readonly Load[]): ResponseTimes {
  const summary = summarise(loads.flatMap((load) => load.responseTimes));
  if (!summary) throw new RangeError('the loads have no response times');
  const { p50, p95, p99 } = summary;
  return { p50, p95, p99 };
}

function processorPerOrder(loads: readonly Load[], orders: number): ProcessorTimes | null {
  const times = loads.flatMap(({ processor }) => (processor ? [processor] : []));
  if (times.length < loads.length) return null;
  return eachProcess((name) => times.reduce((sum, each) => sum + each[name], 0) / orders);
}

function maxMemoryOf(loads: readonly Load[]): Cell['memory'] {
  const known = loads.flatMap(({ memory }) => (memory ? [memory] : []));
  if (known.length === 0) return null;
  return {
    variant: Math.max(...known.map(({ variant }) => variant)),
    engine: Math.max(...known.map(({ engine }) => engine)),
  };
}

/** The processor time of all processes together. */
export const totalOf = (times: ProcessorTimes): number =>
  PROCESSES.reduce((sum, name) => sum + times[name], 0);
