import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import pg from 'pg';
import { endConnection, SESSION_TIMEOUTS } from '../../src/adapters/postgres/connection.ts';
import { openEventFeed } from '../../src/adapters/postgres/event-feed.ts';
import { leaseDestination } from '../../src/adapters/postgres/event-outbox.ts';
import { errorCode } from '../../src/adapters/postgres/pool.ts';
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
    const proxy = await openProxy(shop.url);
    const feed = await openEventFeed(proxy.url, testLogger);
    const lease = await leaseDestination(proxy.url, 'frozen', 'beginning', testLogger);
    assert.ok(lease);
    proxy.freeze();
    const startedAt = performance.now();
    await Promise.all([feed.close(), lease.release()]);
    assert.ok(performance.now() - startedAt < 5_000);
    await proxy.close();
  });
});

/** Passes bytes on to PostgreSQL, until it is frozen: then connections stay open, and nothing arrives. */
async function openProxy(url: string): Promise<{ url: string; freeze(): void; close(): Promise<void> }> {
  const target = new URL(url);
  const sockets: Socket[] = [];
  const server = createServer((incoming) => {
    const outgoing = connect(Number(target.port), target.hostname);
    sockets.push(incoming, outgoing);
    for (const socket of [incoming, outgoing]) socket.on('error', () => undefined);
    incoming.pipe(outgoing);
    outgoing.pipe(incoming);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxied = new URL(url);
  proxied.hostname = '127.0.0.1';
  proxied.port = String((server.address() as AddressInfo).port);
  return {
    url: proxied.href,
    freeze() {
      for (const socket of sockets) socket.unpipe();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
