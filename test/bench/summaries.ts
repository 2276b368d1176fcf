import type { Load } from '../../bench/load.ts';
import type { Measurement } from '../../bench/rounds.ts';
import { summariseRun, type Summary } from '../../bench/summary.ts';
import { VARIANTS, type VariantName } from '../../bench/variants.ts';

/** A load of 100 orders, all with the same response time, in milliseconds. */
export const load = (durationMs: number, responseMs = 10): Load => ({
  orders: 100,
  inFlight: 50,
  durationMs,
  settledMs: durationMs * 2,
  responseTimes: Array.from({ length: 100 }, () => responseMs),
  processor: { variant: 1100, temporal: 2200, postgres: 330, sandbox: 44 },
});

/** Rounds by how long each variant took for its 100 orders, in milliseconds. */
export const measurements = (rounds: readonly Readonly<Record<VariantName, number>>[]): Measurement[] =>
  rounds.flatMap((durations, index) =>
    VARIANTS.map((variant) => ({
      round: index + 1,
      variant,
      crowded: load(durations[variant], 111),
      alone: load(5000, 22),
    })),
  );

export const summary = (changed: Partial<Summary['machine']> = {}): Summary =>
  summariseRun(
    {
      measuredAt: '2026-01-02T03:04:05.678Z',
      quick: false,
      plan: { rounds: 2, orders: 100, ordersAlone: 100, firstWarmUp: 10, warmUp: 10 },
      machine: {
        cores: 2,
        processor: 'Some Processor',
        memoryGiB: 16,
        system: 'Linux 6.1',
        node: 'v20.19.0',
        temporal: '1.9.1 (Server 1.31.0, UI 2.49.1)',
        temporalSdk: '1.24.0',
        postgres: '18.4',
        fsync: 'on',
        otherCores: 0.05,
        ...changed,
      },
    },
    measurements([
      { checkout: 1000, plain: 4000, floor: 500 },
      { checkout: 2000, plain: 4000, floor: 800 },
    ]),
  );
