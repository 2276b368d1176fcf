import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { prometheusProgram } from '../../harness/prometheus-programs.ts';
import { alertRules, OBSERVABILITY } from '../support/observability.ts';

const run = promisify(execFile);

describe('the rules for Prometheus', function () {
  this.timeout(180_000);
  let promtool: string;

  before(async () => {
    promtool = await prometheusProgram('promtool', '.data');
  });

  it('can be read by Prometheus, as can the configurations', async () => {
    await run(promtool, ['check', 'rules', 'alerts.yml'], { cwd: OBSERVABILITY });
    for (const file of ['prometheus.yml', 'prometheus.compose.yml'])
      await run(promtool, ['check', 'config', file], { cwd: OBSERVABILITY });
  });

  it('fire when they should, and only then', async () => {
    await run(promtool, ['test', 'rules', 'alerts.test.yml'], { cwd: OBSERVABILITY });
  });

  it('are each expected to fire by a test', () => {
    const tests = readFileSync(join(OBSERVABILITY, 'alerts.test.yml'), 'utf8');
    const fired = new Set([...tests.matchAll(/alertname="(\w+)"/g)].map(([, name = '']) => name));
    assert.deepEqual(
      [...fired].sort(),
      alertRules()
        .map(({ name }) => name)
        .sort(),
    );
  });
});
