import assert from 'node:assert/strict';
import { Registry } from 'prom-client';
import { createFamilies } from '../../src/telemetry/families.ts';
import { describedMetrics, type DescribedMetric } from '../support/described-metrics.ts';

describe('docs/guides/metrics.md', () => {
  it('describes each metric of the checkout, with its type and its labels, and no other', () => {
    const families = Object.values(createFamilies(new Registry())) as unknown as Family[];
    const made = families.map(({ name, type, labelNames }) => ({
      name,
      type,
      labels: [...labelNames].sort(),
    }));
    const described = describedMetrics().filter(({ name }) => name.startsWith('checkout_'));
    assert.deepEqual(described.sort(byName), made.sort(byName));
  });

  it('has names as the naming guide of Prometheus asks for: base units, and _total for counters only', () => {
    for (const { name, type } of describedMetrics().filter((each) => each.name.startsWith('checkout_'))) {
      assert.match(name, /^checkout_[a-z]+(_[a-z]+)*$/);
      assert.equal(name.endsWith('_total'), type === 'counter', name);
      assert.doesNotMatch(name, /_(ms|milliseconds|minutes|kilobytes)(_|$)/);
    }
  });
});

/** What prom-client keeps of a metric, and its types do not declare. */
interface Family {
  readonly name: string;
  readonly type: string;
  readonly labelNames: readonly string[];
}

const byName = (one: Pick<DescribedMetric, 'name'>, other: Pick<DescribedMetric, 'name'>): number =>
  one.name < other.name ? -1 : 1;
