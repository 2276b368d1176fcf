import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/platform/package-root.ts';
import { describedMetrics } from '../support/described-metrics.ts';
import { alertRules, dashboards, metricsIn, ruleText } from '../support/observability.ts';

const known = new Set(describedMetrics().map(({ name }) => name));
const unknown = (query: string): string[] => metricsIn(query).filter((name) => !known.has(name));

describe('the alerts', () => {
  const rules = alertRules();
  const sections = [
    ...readFileSync(join(packageRoot(), 'docs/guides/alerts.md'), 'utf8').matchAll(
      /^### (\w+)\n([\s\S]*?)(?=^##|(?![\s\S]))/gm,
    ),
  ].map(([, name = '', text = '']) => ({ name, text }));

  it('each have one section of docs/guides/alerts.md, which says what it means, what to look at and what to do', () => {
    assert.ok(rules.length > 20);
    assert.deepEqual(sections.map(({ name }) => name).sort(), rules.map(({ name }) => name).sort());
    for (const { name, text } of sections)
      for (const part of ['Means', 'Look at', 'Do'])
        assert.ok(text.includes(`**${part}**: `), `${name}: ${part}`);
  });

  it('name the section by their annotation runbook_url, and have a severity and a summary', () => {
    for (const { name, text } of rules) {
      assert.ok(text.includes(`runbook_url: docs/guides/alerts.md#${name.toLowerCase()}\n`), name);
      assert.match(text, /labels: \{ severity: (page|ticket) \}/);
      assert.match(text, / {10}summary: \S/);
      assert.match(text, / {10}description: '/);
    }
  });

  it('read metrics that docs/guides/metrics.md describes', () => {
    assert.ok(metricsIn(ruleText()).length > 20);
    assert.deepEqual(unknown(ruleText()), []);
  });
});

describe('the dashboards', () => {
  for (const { file, panels, uid, title } of dashboards())
    describe(file, () => {
      it('has queries on metrics that docs/guides/metrics.md describes', () => {
        const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
        assert.ok(queries.length > 5);
        assert.deepEqual(queries.flatMap(unknown), []);
      });

      it('has a title, an id and panels that do not overlap', () => {
        assert.match(title, /^Checkout: /);
        assert.match(uid, /^checkout-[a-z]+$/);
        const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
          Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}/${y + Math.floor(cell / w)}`),
        );
        assert.equal(new Set(cells).size, cells.length);
        assert.equal(new Set(panels.map((panel) => panel.title)).size, panels.length);
      });
    });

  it('have ids of their own, and show every metric of orders and money', () => {
    const all = dashboards();
    assert.equal(new Set(all.map(({ uid }) => uid)).size, all.length);
    const shown = new Set(metricsIn(JSON.stringify(all)));
    const business = [...known].filter((name) =>
      /^checkout_(orders|refund|captur|disput|order_stage)/.test(name),
    );
    assert.deepEqual(
      business.filter((name) => !shown.has(name)),
      ['checkout_disputes_open'],
    );
  });
});
