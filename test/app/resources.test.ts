import assert from 'node:assert/strict';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { createStatsReader } from '../../src/adapters/postgres/stats-reader.ts';
import { openApi } from '../../src/app/api.ts';
import { loadProcessConfig } from '../../src/app/process-config.ts';
import { openResources, type Resources } from '../../src/app/resources.ts';
import { ConfigurationError } from '../../src/platform/config.ts';
import { testLogger, testTemporal, type TestTemporal } from '../../harness/servers/test-servers.ts';
import { openShop, type Shop } from '../support/postgres.ts';

describe('the resources of a process', () => {
  let shop: Shop;
  let temporal: TestTemporal;
  const opened: Resources[] = [];

  before(async function () {
    this.timeout(120_000);
    shop = await openShop();
    temporal = await testTemporal();
  });
  after(() => shop.close());
  afterEach(() => Promise.all(opened.splice(0).map((resources) => resources.close())));

  function configured(changes: Record<string, string> = {}) {
    return loadProcessConfig({
      DATABASE_URL: shop.url,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      CHECKOUT_API_KEY: 'secret',
      ...changes,
    });
  }

  const start = (changes: Record<string, string> = {}) =>
    startOnFreePorts(['http'], ({ http }) => startOn(http, changes));

  async function startOn(port: number, changes: Record<string, string> = {}) {
    const config = configured({ PORT: String(port), ...changes });
    const resources = await openResources(config, testLogger);
    opened.push(resources);
    const api = await openApi(resources, config, testLogger);
    assert(api);
    return { api, resources };
  }

  it('serve an API that is ready, accepts its development key, and closes twice without harm', async () => {
    const { api } = await start();
    const ready = await fetch(`${api.url}/readyz`);
    assert.deepEqual(await ready.json(), {
      status: 'ok',
      checks: { postgres: 'ok', temporal: 'ok', feed: 'ok' },
    });
    const stock = await fetch(`${api.url}/v1/stock`, { headers: { authorization: 'Bearer secret' } });
    assert.equal(stock.status, 200);
    await Promise.all([api.close(), api.close()]);
    await assert.rejects(fetch(`${api.url}/livez`));
  });

  it('say that events are late, which makes no process unready', async () => {
    const { api } = await start();
    let sequence = 0;
    await waitUntilPasses(async () => {
      sequence += 1;
      // Whoever follows the events gives it its position soon.
      await shop.pool.query(
        `insert into order_events (order_id, sequence, type, data, occurred_at)
         values ('late', $1, 'test', '{}', now() - interval '6 s')`,
        [sequence],
      );
      const ready = await fetch(`${api.url}/readyz`);
      assert.deepEqual(
        [ready.status, await ready.json()],
        [200, { status: 'ok', checks: { postgres: 'ok', temporal: 'ok', feed: 'late' } }],
      );
    });
    await shop.pool.query('select number_order_events(true)');
    const client = await shop.pool.connect();
    await client.query(`begin; select pg_current_xact_id()`);
    assert.ok((await createStatsReader(shop.pool).feed()).transactionMs > 0);
    await client.query('rollback');
    client.release();
    await api.close();
  });

  it('have one order service and one event feed, whoever opens them', async () => {
    const { api, resources } = await start();
    const [first, second] = await Promise.all([resources.createOrderModule(), resources.createOrderModule()]);
    assert.equal(first.orders, second.orders);
    const { rows } = await shop.pool.query<{ application: string; connections: number }>(
      `select application_name as application, count(*)::int as connections from pg_stat_activity
        where datname = current_database() and application_name like '%feed' group by 1`,
    );
    assert.deepEqual(rows, [{ application: 'durable-checkout feed', connections: 1 }]);
    await api.close();
  });

  it('use no more connections for queries than DATABASE_POOL_SIZE says', async () => {
    const { api, resources } = await start({ DATABASE_POOL_SIZE: '5' });
    await Promise.all(Array.from({ length: 50 }, () => resources.pool.query('select pg_sleep(0.01)')));
    assert.equal(resources.pool.totalCount, 5);
    await api.close();
  });

  it('are not opened where a variable is missing that the roles need', () => {
    assert.throws(() => configured({ DATABASE_URL: '' }), {
      name: 'ConfigurationError',
      message: /^DATABASE_URL must be set/,
    });
    assert.throws(() => configured({ CHECKOUT_API_KEY: '' }), ConfigurationError);
    const worker = configured({ CHECKOUT_API_KEY: '', CHECKOUT_ROLES: 'checkout' });
    assert.equal(worker.apiKeys, undefined);
  });

  it('serve no API where the port is taken, and leave no server open', async () => {
    const { api } = await start();
    const port = Number(new URL(api.url).port);
    await assert.rejects(startOn(port), { code: 'EADDRINUSE' });
    await api.close();
    const { api: next } = await startOn(port);
    await next.close();
  });
});
