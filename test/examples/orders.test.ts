import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEMO_CATALOGUE } from '../../src/adapters/postgres/demo-catalogue.ts';
import { commandOf } from '../../src/intake/read-command.ts';
import { packageRoot } from '../../src/platform/package-root.ts';

describe('examples/python/orders.jsonl', () => {
  it('has valid orders of the demo catalogue, each with its own id', () => {
    const lines = readFileSync(join(packageRoot(), 'examples/python/orders.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const items = new Set(DEMO_CATALOGUE.map(({ sku }) => sku));
    const ids = lines.map((line) => {
      const { id, order } = JSON.parse(line) as { id: string; order: unknown };
      const command = commandOf(
        { id, type: 'order.place', data: order },
        { clientId: 'any', bodyLimitBytes: 65_536 },
      );
      assert(command.type === 'com.durable-checkout.order.place.v1');
      for (const { sku } of command.data.lines) assert.ok(items.has(sku), sku);
      return command.key;
    });
    assert.equal(new Set(ids).size, 3);
  });
});
