import assert from 'node:assert/strict';
import { median, spreadOf } from '../../bench/lib/median.ts';

describe('The median', () => {
  it('is the value in the middle, whatever the order of the values', () => {
    assert.equal(median([9, 1, 5]), 5);
  });

  it('of an even number of values is halfway between the two in the middle', () => {
    assert.equal(median([4, 1, 2, 100]), 3);
  });

  it('of an empty list does not exist', () => {
    assert.throws(() => median([]), RangeError);
  });

  it('comes with the least and the most, which show how much noise is in it', () => {
    assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3 });
  });
});
