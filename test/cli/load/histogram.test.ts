import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawHistogram, histogram } from '../../../harness/load/histogram.ts';

const samples = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 });

describe('the histogram', () => {
  it('counts every sample once, in the bucket that holds it', () => {
    fc.assert(
      fc.property(samples, (values) => {
        const buckets = histogram(values);
        for (const { from, to, count } of buckets)
          assert.equal(values.filter((each) => each >= from && each < to).length, count);
        assert.equal(
          buckets.reduce((sum, { count }) => sum + count, 0),
          values.length,
        );
      }),
    );
  });

  it('has no gaps, no empty ends, and fits a screen', () => {
    fc.assert(
      fc.property(samples, (values) => {
        const buckets = histogram(values);
        buckets.forEach(({ from, to }, index) => {
          assert.ok(from < to);
          assert.equal(buckets[index + 1]?.from ?? to, to);
        });
        assert.ok(buckets.length <= 16, `${buckets.length} buckets`);
        assert.ok((buckets[0]?.count ?? 0) > 0 && (buckets.at(-1)?.count ?? 0) > 0);
      }),
    );
  });

  it('has narrow buckets when the samples are close together', () => {
    const buckets = histogram([20, 21, 30, 40]);
    assert.deepEqual(
      buckets.map(({ from }) => from),
      [18, 22, 27, 33, 39],
    );
  });

  it('is empty without samples', () => {
    assert.deepEqual(histogram([]), []);
    assert.equal(drawHistogram([], String), '');
  });

  it('has the longest bar for the fullest bucket, and a visible bar for a single sample', () => {
    const text = drawHistogram(
      [
        { from: 1, to: 2, count: 1000 },
        { from: 2, to: 5, count: 0 },
        { from: 5, to: 10, count: 1 },
      ],
      (bound) => `${bound} ms`,
    );
    assert.deepEqual(text.split('\n'), [
      ` 1 ms –  2 ms │${'█'.repeat(40)} 1000`,
      ' 2 ms –  5 ms │ 0',
      ' 5 ms – 10 ms │▏ 1',
    ]);
  });
});
