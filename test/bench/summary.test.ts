import assert from 'node:assert/strict';
import { ratio, totalOf } from '../../bench/summary.ts';
import { measurements, summary } from './summaries.ts';

describe('A run summed up', () => {
  it('takes each ratio within a round: a machine that slows down for a round does not change it', () => {
    const rounds = [1, 10, 3].map((slower) => ({
      checkout: 1000 * slower,
      plain: 4000 * slower,
      floor: 500 * slower,
    }));
    assert.deepEqual(ratio(measurements(rounds), 'plain'), { median: 4, min: 4, max: 4 });
    assert.deepEqual(ratio(measurements(rounds), 'floor'), { median: 0.5, min: 0.5, max: 0.5 });
  });

  it('refuses a round that lacks a variant', () => {
    const all = measurements([{ checkout: 1, plain: 1, floor: 1 }]);
    const some = all.filter(({ variant }) => variant !== 'plain');
    assert.throws(() => ratio(some, 'plain'), /round 1 has no plain/);
  });

  it('gives orders a second as the median of the rounds, with and without the mails', () => {
    const { checkout } = summary().variants;
    assert.deepEqual(checkout.ordersPerSecond, { median: 75, min: 50, max: 100 });
    assert.deepEqual(checkout.settledPerSecond, { median: 37.5, min: 25, max: 50 });
  });

  it('gives the processor time of an order, by process and in all', () => {
    const { processorMs } = summary().variants.checkout;
    assert.deepEqual(processorMs, { variant: 11, temporal: 22, postgres: 3.3, sandbox: 0.44 });
    assert.ok(Math.abs(totalOf(processorMs) - 36.74) < 1e-9);
  });
});
