import type { Load } from '../../../bench/measure/load.ts';
import type { Measurement } from '../../../bench/compare/rounds.ts';
import { summariseRun, type Summary } from '../../../bench/compare/summary.ts';
import type { VariantName } from '../../../bench/variants/catalogue.ts';

/** A load of 100 orders, all with the same response time, in milliseconds. */
export const load = (durationMs: number, responseMs = 10): Load => ({
  orders: 100,
  durationMs,
  settledMs: durationMs * 2,
  responseTimes: Array.from({ length: 100 }, () => responseMs),
  slowResponseTimes: [],
  processor: { variant: 1100, engine: 2200, postgres: 330, sandbox: 44 },
  memory: { variant: 200 * 2 ** 20, engine: 100 * 2 ** 20 },
  stored: 500_000,
});

/** The measurement of one variant in one round: 100 orders in so many milliseconds. */
export const measurement = (
  round: number,
  variant: VariantName,
  durationMs: number,
  scenario = 'in-flight-50',
  responseMs = 111,
): Measurement => ({ round, variant, scenario, result: load(durationMs, responseMs) });

const MEASUREMENTS: readonly Measurement[] = [
  measurement(1, 'grouped', 1_000),
  measurement(2, 'grouped', 2_000),
  measurement(1, 'dbos', 4_000),
  measurement(2, 'dbos', 4_000),
  measurement(1, 'grouped', 5_000, 'in-flight-1', 22),
  measurement(1, 'dbos', 5_000, 'in-flight-1', 33),
  measurement(1, 'grouped', 4_000, 'rate-25', 44),
  measurement(1, 'grouped', 2_000, 'rate-50', 55),
  measurement(1, 'dbos', 4_000, 'rate-25', 66),
  { round: 1, variant: 'restate', scenario: 'in-flight-50', result: { failed: 'no response' } },
];

export const summary = (
  changed: Partial<Summary['machine']> = {},
  measurements: readonly Measurement[] = MEASUREMENTS,
): Summary =>
  summariseRun(
    {
      measuredAt: '2026-01-02T03:04:05.678Z',
      quick: false,
      plan: { rounds: 2, loadMs: 5_000 },
      machine: {
        cores: 2,
        processor: 'Some Processor',
        memoryGiB: 16,
        system: 'Linux 6.1',
        node: 'v20.19.0',
        temporalSdk: '1.24.0',
        postgres: '18.4',
        fsync: 'on',
        otherCores: 0.05,
        ...changed,
      },
      engines: ['Some Engine 1.0'],
      skipped: ['Redis: install it'],
    },
    measurements,
  );

/** The cell of a variant that was measured. */
export function cell(run: Summary, variant: VariantName, scenario = 'in-flight-50') {
  const found = run.cells[scenario]?.[variant];
  if (found === undefined || typeof found === 'string') throw new Error(`${variant} was not measured`);
  return found;
}
