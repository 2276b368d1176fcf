import assert from 'node:assert/strict';
import fc from 'fast-check';
import { percentile, summarise } from '../../src/domain/statistics.ts';

const samples = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 });
const percent = fc.integer({ min: 1, max: 1000 }).map((tenths) => tenths / 10);
const sortedOf = (values: number[]): Float64Array => Float64Array.from(values).sort();

describe('percentiles', () => {
  it('are measured values', () => {
    fc.assert(
      fc.property(samples, percent, (values, p) => {
        assert.ok(values.includes(percentile(sortedOf(values), p)));
      }),
    );
  });

  it('are the smallest value that so many samples do not exceed', () => {
    fc.assert(
      fc.property(samples, percent, (values, p) => {
        const value = percentile(sortedOf(values), p);
        const needed = Math.ceil((p / 100) * values.length);
        assert.ok(values.filter((each) => each <= value).length >= needed);
        assert.ok(values.filter((each) => each < value).length < needed);
      }),
    );
  });

  it('never fall as the percentage rises, and end at the largest', () => {
    fc.assert(
      fc.property(samples, percent, percent, (values, a, b) => {
        const sorted = sortedOf(values);
        assert.ok(percentile(sorted, Math.min(a, b)) <= percentile(sorted, Math.max(a, b)));
        assert.equal(percentile(sorted, 100), Math.max(...values));
      }),
    );
  });
});

describe('the summary of measurements', () => {
  it('has values that rise from the minimum to the maximum', () => {
    fc.assert(
      fc.property(samples, (values) => {
        const summary = summarise(values);
        assert.ok(summary);
        const { count, min, average, p50, p95, p99, max } = summary;
        assert.equal(count, values.length);
        assert.deepEqual(
          [min, p50, p95, p99, max],
          [min, p50, p95, p99, max].toSorted((a, b) => a - b),
        );
        const slack = 1e-9 * max; // of adding up
        assert.ok(average >= min - slack && average <= max + slack);
      }),
    );
  });

  it('is undefined without measurements', () => {
    assert.equal(summarise([]), undefined);
  });
});
