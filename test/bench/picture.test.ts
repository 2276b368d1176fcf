import assert from 'node:assert/strict';
import { PROCESSES } from '../../bench/lib/processor-time.ts';
import { figure, spread } from '../../bench/report/figures.ts';
import { drawSummary } from '../../bench/compare/picture.ts';
import { totalOf } from '../../bench/measure/cell.ts';
import { variants } from '../../bench/variants/catalogue.ts';
import { cell, load, summary } from '../support/bench/summaries.ts';

describe('The picture of a run', () => {
  it('contains every figure and every name', () => {
    const run = summary();
    const picture = drawSummary(run);
    for (const name of ['grouped', 'dbos'] as const) {
      const { ordersPerSecond, responseTimes, processorMs } = cell(run, name);
      const { p50, p99 } = cell(run, name, 'in-flight-1').responseTimes;
      const processor = processorMs
        ? [...PROCESSES.map((process) => processorMs[process]), totalOf(processorMs)]
        : [];
      const figures = [responseTimes.p50, responseTimes.p99, p50, p99, ...processor].map(figure);
      for (const text of [variants[name].title, spread(ordersPerSecond), ...figures])
        assert.ok(picture.includes(text), `${name}: ${text} is missing`);
    }
  });

  it('has a line for each variant that was measured at fixed rates', () => {
    assert.equal(drawSummary(summary()).match(/class="line /g)?.length, 4);
  });

  it('shows the name of a processor as text, never as markup', () => {
    const picture = drawSummary(summary({ processor: '<script>&"Fast"' }));
    assert.ok(!picture.includes('<script>'));
    assert.ok(picture.includes('&lt;script&gt;&amp;&quot;Fast&quot;'));
  });

  it('is the same for the same run', () => {
    assert.equal(drawSummary(summary()), drawSummary(summary()));
  });

  it('says so where the operating system does not report the processor time', () => {
    const result = { ...load(1_000), processor: undefined };
    const silent = summary({}, [{ round: 1, variant: 'grouped', scenario: 'in-flight-50', result }]);
    assert.ok(drawSummary(silent).includes('not available'));
  });
});
