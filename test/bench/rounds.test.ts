import assert from 'node:assert/strict';
import type { CompareOptions } from '../../bench/compare/compare.ts';
import { SCENARIOS } from '../../bench/compare/scenarios.ts';
import { rotated } from '../../bench/lib/rotated.ts';
import { parseArguments } from '../../bench/options.ts';
import { VARIANTS } from '../../bench/variants/catalogue.ts';

function optionsOf(...args: string[]): CompareOptions {
  const invocation = parseArguments(args);
  assert.equal(invocation.command, 'compare');
  return invocation.options;
}

describe('The rounds of the benchmark', () => {
  it('begin with another variant each time', () => {
    assert.deepEqual(
      [0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join('')),
      ['abc', 'bca', 'cab', 'abc'],
    );
  });

  it('have the number and the length that the options say', () => {
    const { quick, plan } = optionsOf('--quick', '--rounds', '4', '--seconds', '7');
    assert.equal(quick, true);
    assert.deepEqual(plan, { rounds: 4, loadMs: 7_000 });
  });

  it('measure every variant in every scenario, unless options name some', () => {
    const all = optionsOf();
    assert.deepEqual(all.variants, VARIANTS);
    assert.deepEqual(
      all.scenarios,
      SCENARIOS.map(({ name }) => name),
    );
    const some = optionsOf('--only', 'grouped,none', '--scenarios', 'in-flight-50');
    assert.deepEqual([some.variants, some.scenarios], [['grouped', 'none'], ['in-flight-50']]);
  });
});
