import assert from 'node:assert/strict';
import { median, spreadOf } from '../../bench/lib/median.ts';

describe('The median', () => {
  it('is the middle one, in whatever order they come', () => {
    assert.equal(median([9, 1, 5]), 5);
  });

  it('is halfway between the two in the middle of an even number', () => {
    assert.equal(median([4, 1, 2, 100]), 3);
  });

  it('does not exist of nothing', () => {
    assert.throws(() => median([]), RangeError);
  });

  it('comes with the least and the most, which tell how noisy it is', () => {
    assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3 });
  });
});
