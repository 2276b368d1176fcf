import assert from 'node:assert/strict';
import { parseArguments, type Options } from '../../bench/options.ts';
import { rotated } from '../../bench/compare/rounds.ts';
import { SCENARIOS } from '../../bench/compare/scenarios.ts';
import { VARIANTS } from '../../bench/variants/catalogue.ts';

function comparing(...args: string[]): Options {
  const asked = parseArguments(args);
  assert.equal(asked.command, 'compare');
  return asked.options;
}

describe('The rounds', () => {
  it('begin with another variant each time', () => {
    assert.deepEqual(
      [0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join('')),
      ['abc', 'bca', 'cab', 'abc'],
    );
  });

  it('are as many and as long as was asked for', () => {
    const { quick, plan } = comparing('--quick', '--rounds', '4', '--seconds', '7');
    assert.equal(quick, true);
    assert.deepEqual(plan, { rounds: 4, loadMs: 7_000 });
  });

  it('are of everything, unless less is asked for', () => {
    const whole = comparing();
    assert.deepEqual(whole.variants, VARIANTS);
    assert.deepEqual(
      whole.scenarios,
      SCENARIOS.map(({ name }) => name),
    );
    const some = comparing('--only', 'grouped,none', '--scenarios', 'crowd');
    assert.deepEqual([some.variants, some.scenarios], [['grouped', 'none'], ['crowd']]);
  });
});
