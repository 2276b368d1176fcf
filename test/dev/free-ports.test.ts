import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { isListening, listensOn, waitUntilListening } from '../../dev/processes/listening.ts';
import { PortInUseError } from '../../dev/processes/port-in-use-error.ts';
import { startPostgres } from '../../dev/postgres/postgres.ts';
import { startTemporal } from '../../dev/temporal/server.ts';
import { CLOSED_PORT } from '../../harness/closed-port.ts';
import { temporaryFolder, testLogger as logger } from '../../harness/servers/test-servers.ts';
import { waitFor } from '../../harness/wait-for.ts';
import { killScripts, runScript } from '../support/run-script.ts';
import { needTemporalCli } from '../support/system.ts';

describe('a server that cannot choose its ports', function () {
  this.timeout(90_000);
  const servers: Server[] = [];

  afterEach(() => {
    killScripts();
    for (const server of servers.splice(0)) server.close();
  });

  async function listen(port: number): Promise<number> {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  /** Lets another server take the ports that are chosen first. Returns the ports of each attempt. */
  function firstTaken<Name extends string>(): {
    attempts: Readonly<Record<Name, number>>[];
    attempt: (ports: Readonly<Record<Name, number>>, taken: Name) => Promise<void>;
  } {
    const attempts: Readonly<Record<Name, number>>[] = [];
    return {
      attempts,
      async attempt(ports, taken) {
        attempts.push(ports);
        if (attempts.length === 1) await listen(ports[taken]);
      },
    };
  }

  it('is started on other ports when one of them is taken before it listens', async () => {
    const { attempts, attempt } = firstTaken<'one' | 'two'>();
    const ports = await startOnFreePorts(['one', 'two'], async (chosen) => {
      await attempt(chosen, 'two');
      await listen(chosen.two);
      return chosen;
    });
    assert.equal(attempts.length, 2);
    assert.equal(ports, attempts[1]);
    assert.equal(new Set(attempts.flatMap(({ one, two }) => [one, two])).size, 4);
  });

  it('is not started again for another reason, nor for a port that was given', async () => {
    const given = await listen(0);
    for (const start of [() => Promise.reject(new Error('no disk')), () => listen(given)]) {
      let attempts = 0;
      const starting = startOnFreePorts(['one'], () => {
        attempts += 1;
        return start();
      });
      await assert.rejects(starting, /no disk|EADDRINUSE/);
      assert.equal(attempts, 1);
    }
  });

  it('gives up after some attempts, with the last error', async () => {
    let attempts = 0;
    const starting = startOnFreePorts(['one'], ({ one }) => {
      attempts += 1;
      return Promise.reject(new PortInUseError(`attempt ${attempts}`, one));
    });
    await assert.rejects(starting, { message: 'attempt 20' });
  });

  it('keeps its ports while it is down: no other process that asks for one is given them', async () => {
    const { one } = await startOnFreePorts(['one'], (ports) => Promise.resolve(ports));
    const other = createSocket('udp4').bind(one, '127.0.0.1');
    await assert.rejects(once(other, 'listening'), { code: 'EADDRINUSE' });
    other.close();
    const scripts = [1, 2, 3].map(() => runScript('dev/ports-process.ts', ['200']));
    const lists = await waitFor('they have chosen', () => {
      const lines = scripts.map((script) => /^\[.*\]$/m.exec(script.output())?.[0]);
      return lines.every((line) => line !== undefined) && lines.map((line) => JSON.parse(line) as number[]);
    });
    const chosen = [one, ...lists.flat()];
    assert.equal(new Set(chosen).size, 601);
  });

  it('is known by its pid, and not taken for another server on the port', async () => {
    const port = await listen(0);
    assert.ok(listensOn(process.pid, port));
    assert.ok(!listensOn(process.ppid, port));
    await waitUntilListening(process.pid, port);
    await assert.rejects(waitUntilListening(process.ppid, port), { code: 'EADDRINUSE', port });
    assert.equal(await isListening(CLOSED_PORT), false);
  });

  it('PostgreSQL', async () => {
    const { attempts, attempt } = firstTaken<'port'>();
    const server = await startOnFreePorts(['port'], async (ports) => {
      await attempt(ports, 'port');
      return startPostgres({ dataDir: temporaryFolder(), ...ports, logger });
    });
    try {
      assert.equal(attempts.length, 2);
      assert.equal(server.port, attempts[1]?.port);
      assert.ok(listensOn(server.pid, server.port));
    } finally {
      await server.stop();
    }
  });

  for (const taken of ['port', 'uiPort', 'metricsPort'] as const)
    it(`Temporal, whose ${taken} is taken`, async () => {
      const cli = await needTemporalCli();
      const { attempts, attempt } = firstTaken<'port' | 'uiPort' | 'metricsPort'>();
      const server = await startOnFreePorts(['port', 'uiPort', 'metricsPort'], async (ports) => {
        await attempt(ports, taken);
        return startTemporal({
          cli,
          ...ports,
          dbFile: undefined,
          logFile: `${temporaryFolder()}/temporal.log`,
          namespace: 'default',
          logger,
        });
      });
      try {
        assert.equal(attempts.length, 2);
        assert.equal(server.port, attempts[1]?.port);
        for (const port of Object.values(attempts[1] ?? {})) assert.ok(listensOn(server.pid, port));
      } finally {
        await server.stop();
      }
    });
});
