import assert from 'node:assert/strict';
import { PROCESSES } from '../../bench/processor-time.ts';
import { figure, spread } from '../../bench/report/figures.ts';
import { drawSummary } from '../../bench/report/svg.ts';
import { eachVariant, totalOf } from '../../bench/summary.ts';
import { variants } from '../../bench/variants.ts';
import { summary } from './summaries.ts';

describe('The picture of a run', () => {
  it('holds every figure and every name', () => {
    const run = summary();
    const picture = drawSummary(run);
    for (const [name, { ordersPerSecond, crowded, alone, processorMs }] of eachVariant(run)) {
      const times = [crowded, alone].flatMap(({ p50, p95, p99 }) => [p50, p95, p99]);
      const processor = processorMs
        ? [...PROCESSES.map((process) => processorMs[process]), totalOf(processorMs)]
        : [];
      const figures = [...times, ...processor].map(figure);
      for (const text of [variants[name].title, spread(ordersPerSecond), ...figures])
        assert.ok(picture.includes(text), `${name}: ${text} is missing`);
    }
  });

  it('takes what a machine calls itself as text, never as markup', () => {
    const picture = drawSummary(summary({ processor: '<script>&"Fast"' }));
    assert.ok(!picture.includes('<script>'));
    assert.ok(picture.includes('&lt;script&gt;&amp;&quot;Fast&quot;'));
  });

  it('is the same for the same run', () => {
    assert.equal(drawSummary(summary()), drawSummary(summary()));
  });

  it('says so where the system does not tell the processor time', () => {
    const run = summary();
    const { checkout } = run.variants;
    const silent = {
      ...run,
      variants: { ...run.variants, checkout: { ...checkout, processorMs: null } },
    };
    assert.ok(drawSummary(silent).includes('not available'));
  });
});
