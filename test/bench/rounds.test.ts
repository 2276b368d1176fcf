import assert from 'node:assert/strict';
import { parseOptions } from '../../bench/options.ts';
import { ordersEach, rotated } from '../../bench/rounds.ts';

describe('The rounds', () => {
  it('begin with another variant each time', () => {
    assert.deepEqual(
      [0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join('')),
      ['abc', 'bca', 'cab', 'abc'],
    );
  });

  it('count every order that is sent, warm-ups as well', () => {
    const plan = { rounds: 3, orders: 100, ordersAlone: 10, firstWarmUp: 40, warmUp: 20 };
    assert.equal(ordersEach(plan), 40 + 3 * 130);
  });

  it('are as many and as long as was asked for', () => {
    const { quick, plan } = parseOptions(['--quick', '--rounds', '4', '--orders', '100']);
    assert.equal(quick, true);
    assert.deepEqual(plan, { rounds: 4, orders: 100, ordersAlone: 10, firstWarmUp: 40, warmUp: 20 });
  });
});
