import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { isAlive } from '../../dev/processes/process-table.ts';
import { type RunningTemporal, startTemporal } from '../../dev/temporal/server.ts';
import { temporaryFolder, testLogger as logger } from '../../harness/servers/test-servers.ts';
import { killScripts, runScript } from '../support/run-script.ts';
import { needTemporalCli } from '../support/system.ts';
import { waitFor } from '../../harness/wait-for.ts';

describe('the Temporal server of npm start', function () {
  this.timeout(90_000);
  let cli: string;
  const running: RunningTemporal[] = [];

  before(async () => {
    cli = await needTemporalCli();
  });
  afterEach(async () => {
    killScripts();
    for (const server of running.splice(0)) await server.stop();
  });

  async function start(folder: string, namespace = 'default'): Promise<RunningTemporal> {
    const server = await startTemporal({
      cli,
      port: 0,
      uiPort: 0,
      dbFile: join(folder, 'temporal.db'),
      logFile: join(folder, 'temporal.log'),
      namespace,
      logger,
    });
    running.push(server);
    return server;
  }

  it('keeps every workflow that it acknowledged before kill -9', async () => {
    const folder = temporaryFolder();
    const first = await start(folder);
    const ids = Array.from({ length: 20 }, (_, index) => `order/${index}`);
    await withClient(first, async (client) => {
      for (const workflowId of ids)
        await client.workflow.start('checkout', { workflowId, taskQueue: 'nobody' });
      process.kill(first.pid, 'SIGKILL');
      await first.exited;
    });
    const second = await start(folder);
    await withClient(second, async (client) => {
      for (const id of ids)
        assert.equal((await client.workflow.getHandle(id).describe()).status.name, 'RUNNING');
    });
  });

  it('has the search attributes, also in a namespace that an earlier start created', async () => {
    const folder = temporaryFolder();
    await (await start(folder, 'shop')).stop();
    const server = await start(folder, 'default');
    for (const namespace of ['shop', 'default'])
      await withClient(server, async (_client, connection) => {
        const { customAttributes } = await connection.operatorService.listSearchAttributes({
          namespace,
        });
        assert.deepEqual(
          ['NeedsAttention', 'OrderId', 'OrderStatus'].map((name) => customAttributes[name]),
          [5, 7, 2],
        );
      });
  });

  it('is replaced by a new server on the same file after kill -9 of its parent', async () => {
    const folder = temporaryFolder();
    const parent = runScript('dev/temporal-process.ts', [cli, folder]);
    const orphan = await waitFor('it runs', () => /^pid (\d+)$/m.exec(parent.output())?.[1]);
    parent.child.kill('SIGKILL');
    await parent.exited;
    assert.equal(isAlive(Number(orphan)), true, 'the server still runs');
    await start(folder);
    assert.equal(isAlive(Number(orphan)), false);
  });

  it('answers at its UI and metrics addresses', async () => {
    const server = await start(temporaryFolder());
    assert.equal((await fetch(server.uiUrl)).status, 200);
    assert.match(await (await fetch(server.metricsUrl)).text(), /service_requests/);
  });
});

async function withClient(
  server: RunningTemporal,
  use: (client: Client, connection: Connection) => Promise<void>,
): Promise<void> {
  const connection = await Connection.connect({ address: server.address });
  try {
    await use(new Client({ connection }), connection);
  } finally {
    await connection.close();
  }
}
