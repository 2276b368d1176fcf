import assert from 'node:assert/strict';
import pg from 'pg';
import { endConnection, SESSION_TIMEOUTS } from '../../src/adapters/postgres/connection.ts';
import { openEventFeed } from '../../src/adapters/postgres/event-feed.ts';
import { leaseDestination } from '../../src/adapters/postgres/event-outbox.ts';
import { errorCode } from '../../src/adapters/postgres/pool.ts';
import { startFreezableProxy } from '../../harness/freezable-proxy.ts';
import { testLogger } from '../../harness/servers/test-servers.ts';
import { openShop, type Shop } from '../support/postgres.ts';

describe('a connection to PostgreSQL', function () {
  this.timeout(60_000);
  let shop: Shop;
  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());

  it('has timeouts for statements, locks and transactions that are idle', async () => {
    const { rows } = await shop.pool.query<{ name: string; setting: string }>(
      `select name, setting from pg_settings where source = 'client'
          and (name like '%timeout' or name like 'tcp_keepalives%') order by name`,
    );
    assert.deepEqual(Object.fromEntries(rows.map(({ name, setting }) => [name, Number(setting)])), {
      idle_in_transaction_session_timeout: 60_000,
      lock_timeout: 7_000,
      statement_timeout: 8_000,
      tcp_keepalives_count: 3,
      tcp_keepalives_idle: 10,
      tcp_keepalives_interval: 5,
      tcp_user_timeout: 25_000,
    });
  });

  it('does not wait for a lock for as long as for a statement', async () => {
    const holder = await shop.pool.connect();
    try {
      await holder.query('begin');
      await holder.query('lock table dead_letters');
      await assert.rejects(
        shop.pool.query('select from dead_letters'),
        (error) => errorCode(error) === '55P03',
      );
    } finally {
      await holder.query('rollback');
      holder.release();
    }
  });

  it('of a lease ends a statement that hangs', async () => {
    const client = new pg.Client({ connectionString: shop.url, ...SESSION_TIMEOUTS });
    await client.connect();
    const { rows } = await client.query<{ name: string; setting: string }>(
      `select name, setting from pg_settings where source = 'client' and name like '%timeout' order by name`,
    );
    await endConnection(client);
    assert.deepEqual(Object.fromEntries(rows.map(({ name, setting }) => [name, Number(setting)])), {
      idle_in_transaction_session_timeout: 60_000,
      lock_timeout: 30_000,
      statement_timeout: 60_000,
    });
  });

  it('ends in time when the other side does not answer any more', async () => {
    const url = new URL(shop.url);
    const proxy = await startFreezableProxy(Number(url.port), url.hostname);
    url.port = String(proxy.port);
    const feed = await openEventFeed(url.href, testLogger);
    const lease = await leaseDestination(url.href, 'frozen', 'beginning', testLogger);
    assert.ok(lease);
    proxy.freeze();
    const startedAt = performance.now();
    await Promise.all([feed.close(), lease.release()]);
    assert.ok(performance.now() - startedAt < 5_000);
    await proxy.close();
  });
});
