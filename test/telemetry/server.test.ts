import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { DEFAULT_METRICS_PORT, startMetricsServer, type MetricsServer } from '../../src/telemetry/server.ts';
import { installWithExporter } from '../../src/telemetry/temporal.ts';
import { loadConfig } from '../../src/platform/config.ts';
import { portInUse } from '../../src/platform/port-in-use.ts';
import { testLogger as logger } from '../../harness/servers/test-servers.ts';

describe('the server of the metrics', () => {
  const servers: MetricsServer[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function start(port: number | undefined, render = () => Promise.resolve('up 1\n')) {
    const server = await startMetricsServer({
      host: '127.0.0.1',
      port,
      render: async () => ({ text: await render(), contentType: 'text/plain; version=0.0.4' }),
      logger,
    });
    servers.push(server);
    return server;
  }

  it('answers /metrics, and nothing else', async () => {
    const { url } = await start(undefined);
    const answer = await fetch(url);
    assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4');
    assert.equal(await answer.text(), 'up 1\n');
    assert.equal((await fetch(`${url}?a=b`)).status, 200);
    assert.equal((await fetch(url, { method: 'POST' })).status, 405);
    assert.equal((await fetch(new URL('/v1/orders', url))).status, 404);
    assert.equal(await statusOf(url, '//'), 404);
  });

  it('takes a free port for each process where none is configured, however many there are', async () => {
    const urls: string[] = [];
    while (urls.length < 12) urls.push((await start(undefined)).url);
    assert.equal(new Set(urls).size, 12);
    for (const url of urls) assert.equal(await statusOf(url), 200);
    const ports = urls.map((url) => Number(new URL(url).port));
    assert.ok(ports.some((port) => port < DEFAULT_METRICS_PORT || port >= DEFAULT_METRICS_PORT + 10));
  });

  it('does not take another port than the one that is configured', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      await assert.rejects(start(port), (error) => portInUse(error) === port);
    } finally {
      other.close();
    }
  });

  it('answers 500 when the metrics cannot be written, and goes on', async () => {
    let fails = true;
    const { url } = await start(undefined, () =>
      fails ? Promise.reject(new Error('a fault')) : Promise.resolve(''),
    );
    assert.equal(await statusOf(url), 500);
    fails = false;
    assert.equal(await statusOf(url), 200);
  });
});

/** By a connection of its own: another server had the port a moment ago, and fetch would use its connection. */
async function statusOf(url: string, path = '/metrics'): Promise<number | undefined> {
  const [answer] = (await once(get(url, { agent: false, path }), 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

describe('METRICS_PORT', () => {
  const metrics = (value?: string) => loadConfig(value === undefined ? {} : { METRICS_PORT: value }).metrics;

  it('is the first free port if it is unset or empty', () => {
    assert.deepEqual(metrics(), { enabled: true, port: undefined });
    assert.deepEqual(metrics(''), { enabled: true, port: undefined });
  });

  it('is a port, or 0 for no metrics', () => {
    assert.deepEqual(metrics('9464'), { enabled: true, port: 9464 });
    assert.deepEqual(metrics('0'), { enabled: false, port: undefined });
  });

  it('is refused with one line if it is neither', () => {
    for (const value of ['off', '-1', '65536', '1.5'])
      assert.throws(() => metrics(value), {
        message: `METRICS_PORT takes a port, a whole number from 1 to 65535, or 0 for no metrics, not "${value}".`,
      });
  });
});

describe("the exporter of Temporal's SDK", () => {
  it('gets another port when the first is taken', () => {
    const tried: string[] = [];
    const address = installWithExporter((each) => {
      tried.push(each);
      if (tried.length < 3) throw new Error('Failed to start: Address already in use (os error 98)');
    });
    assert.equal(tried.length, 3);
    assert.equal(address, tried[2]);
  });

  it('is not tried again after another error', () => {
    let tries = 0;
    assert.throws(
      () =>
        installWithExporter(() => {
          tries += 1;
          throw new Error('no such host');
        }),
      /no such host/,
    );
    assert.equal(tries, 1);
  });
});
