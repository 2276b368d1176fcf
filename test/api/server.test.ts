import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { startApi } from '../../src/api/server.ts';
import { freePort } from '../../dev/processes/free-port.ts';
import { ConfigurationError, loadConfig } from '../../src/platform/config.ts';
import { testLogger, testTemporal } from '../../harness/servers/test-servers.ts';
import { openShop, type Shop } from '../support/postgres.ts';

describe('the API as a process', () => {
  let shop: Shop;
  let connection: Connection;
  before(async function () {
    this.timeout(120_000);
    shop = await openShop();
    connection = await Connection.connect({ address: (await testTemporal()).address });
  });
  after(async () => {
    await connection.close();
    await shop.close();
  });

  const start = async (changes: Record<string, string>) =>
    startApi({
      config: loadConfig({ PORT: String(await freePort()), LOG_LEVEL: 'warn', ...changes }),
      logger: testLogger,
      temporalClient: new Client({ connection }),
    });

  it('comes up ready, answers its development key, and closes twice without harm', async () => {
    const api = await start({ DATABASE_URL: shop.url, CHECKOUT_API_KEY: 'secret' });
    const ready = await fetch(`${api.url}/readyz`);
    assert.deepEqual(await ready.json(), { status: 'ok', checks: { postgres: 'ok', temporal: 'ok' } });
    const stock = await fetch(`${api.url}/v1/stock`, { headers: { authorization: 'Bearer secret' } });
    assert.equal(stock.status, 200);
    await Promise.all([api.close(), api.close()]);
    await assert.rejects(fetch(`${api.url}/livez`));
  });

  it('says which variable it lacks', async () => {
    await assert.rejects(start({ CHECKOUT_API_KEY: 'secret' }), ConfigurationError);
    await assert.rejects(start({ DATABASE_URL: shop.url }), ConfigurationError);
  });

  it('rejects when its port is taken, and leaves nothing open', async () => {
    const port = String(await freePort());
    const settings = { DATABASE_URL: shop.url, CHECKOUT_API_KEY: 'secret', PORT: port };
    const api = await start(settings);
    await assert.rejects(start(settings), { code: 'EADDRINUSE' });
    await api.close();
  });
});
