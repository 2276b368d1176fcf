import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
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

describe('the services for Docker Compose', () => {
  const root = packageRoot();
  const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
  const services = [...read('docker-compose.yml').matchAll(/^ {2}([a-z-]+):$/gm)].map(([, name]) => name);
  const compose = read('deploy/observability/docker-compose.yml');

  it('mount files that exist', () => {
    const mounted = [...compose.matchAll(/- \.\/([^:]+):/g)].map(([, path = '']) => path);
    assert.ok(mounted.length >= 5);
    for (const path of mounted) assert.ok(existsSync(join(root, path)), path);
  });

  it('scrape services that exist, at the ports that they have', () => {
    const prometheus = read('deploy/observability/prometheus.compose.yml');
    const targets = [
      ...prometheus.matchAll(/'([a-z-]+):(\d+)'/g),
      ...prometheus.matchAll(/\[(worker)\], type: A, port: (\d+)/g),
    ];
    assert.equal(targets.length, 4);
    for (const [, service, port] of targets) {
      assert.ok(services.includes(service), service);
      const setting = service === 'temporal' ? compose : read('docker-compose.yml');
      assert.match(
        setting,
        service === 'temporal' ? /PROMETHEUS_ENDPOINT: 0\.0\.0\.0:9090/ : new RegExp(`METRICS_PORT:-${port}`),
      );
    }
  });

  it('send the traces of each process to Jaeger, at the port of OTLP over HTTP, and tell Grafana and the board where it is', () => {
    for (const name of ['api', 'messages', 'worker'])
      assert.match(compose, new RegExp(`^  ${name}: \\*traced$`, 'm'));
    assert.match(compose, /OTEL_EXPORTER_OTLP_ENDPOINT:-http:\/\/jaeger:4318/);
    assert.match(compose, /LINK_TRACE: 'http:\/\/127\.0\.0\.1:\$\{JAEGER_PORT:-16686\}\/trace\/\{traceId\}'/);
    assert.match(compose, /^ {2}jaeger:$/m);
    assert.match(read('deploy/observability/grafana/datasources/jaeger.yml'), /url: http:\/\/jaeger:16686/);
  });

  it('tell Grafana where Prometheus and the dashboards are', () => {
    assert.match(
      read('deploy/observability/grafana/datasources/prometheus.yml'),
      /url: http:\/\/prometheus:9090/,
    );
    const [, path = ''] =
      /path: (\S+)/.exec(read('deploy/observability/grafana/providers/checkout.yml')) ?? [];
    assert.ok(compose.includes(`./deploy/observability/dashboards:${path}:ro`), path);
  });
});
