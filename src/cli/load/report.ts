import { formatDuration } from '../output/stats.ts';
import { drawPairs } from '../output/table.ts';
import { paint, type Output } from '../output/terminal.ts';
import { drawHistogram, histogram, type Bucket } from '../../../harness/load/histogram.ts';
import type { SendResult } from '../../../harness/load/order-sender.ts';
import { summarise, type Summary } from '../../domain/statistics.ts';

/** The figures of a run. Times are in milliseconds. Only orders with an answer have a response time. */
export interface LoadReport {
  readonly orders: number;
  readonly durationSeconds: number;
  /** Orders with an outcome per second. */
  readonly ordersPerSecond: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly retries: number;
  readonly responseTime: Summary | null;
  readonly histogram: readonly Bucket[];
}

/** Counts results. */
export class Tally {
  readonly #outcomes = new Map<string, number>();
  readonly #errors = new Map<string, number>();
  readonly #times: number[] = [];
  #orders = 0;
  #retries = 0;

  add({ outcome, error, retries }: SendResult, responseMs: number): void {
    this.#orders += 1;
    this.#retries += retries;
    if (outcome === undefined) {
      count(this.#errors, error ?? 'unknown');
    } else {
      count(this.#outcomes, outcome);
      this.#times.push(responseMs);
    }
  }

  /** How many orders are counted so far. */
  get orders(): number {
    return this.#orders;
  }

  report(durationMs: number): LoadReport {
    const seconds = durationMs / 1000;
    return {
      orders: this.#orders,
      durationSeconds: seconds,
      ordersPerSecond: seconds > 0 ? this.#times.length / seconds : 0,
      outcomes: byCount(this.#outcomes),
      errors: byCount(this.#errors),
      retries: this.#retries,
      responseTime: summarise(this.#times) ?? null,
      histogram: histogram(this.#times),
    };
  }
}

export function drawReport(stream: Output, report: LoadReport): string {
  const pairs: [string, string][] = [
    ['orders', `${report.orders} in ${report.durationSeconds.toFixed(1)} s`],
    ['throughput', `${report.ordersPerSecond.toFixed(1)} orders/s`],
    ...Object.entries(report.outcomes).map(([name, n]): [string, string] => [`  ${name}`, String(n)]),
    ['errors', String(sum(report.errors))],
    ...Object.entries(report.errors).map(([code, n]): [string, string] => [
      `  ${code}`,
      paint(stream, 'red', String(n)),
    ]),
    ['retries', String(report.retries)],
  ];
  const time = report.responseTime;
  if (time === null) return drawPairs(stream, pairs);
  for (const name of ['min', 'average', 'p50', 'p95', 'p99', 'max'] as const)
    pairs.push([name, formatDuration(time[name])]);
  return `${drawPairs(stream, pairs)}\n\n${drawHistogram(report.histogram, formatBound)}`;
}

export const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, each) => all + each, 0);

const formatBound = (ms: number): string => (ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`);

const count = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1);
};

const byCount = (counts: Map<string, number>): Record<string, number> =>
  Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
