import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ServiceProcess } from '../../dev/processes/service-process.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { startServer, STOP_STEPS, versionOf } from './server.ts';

const PING_TIMEOUT_MS = 1_000;

const version = (): string | undefined => versionOf('redis-server', ['--version'], /v=(\S+)/);

export const redisInstallHint = (): string | undefined =>
  version() === undefined ? 'Redis: install redis-server (Debian: redis-server)' : undefined;

/** Starts Redis so that every write is on disk before it is acknowledged, as the commits of PostgreSQL are in this benchmark. */
export async function startRedis({ folder }: EngineOptions): Promise<Engine> {
  mkdirSync(folder, { recursive: true });
  const { server, port } = await startOnFreePorts(['port'], ({ port: chosen }) => startOn(chosen, folder));
  return {
    version: `Redis ${version() ?? 'unknown'}, append-only file synced always`,
    pids: [server.pid],
    envFor: () => Promise.resolve({ REDIS_URL: `redis://127.0.0.1:${port}` }),
    databases: [],
    async stop() {
      await server.stop(STOP_STEPS);
    },
  };
}

async function startOn(port: number, folder: string): Promise<{ server: ServiceProcess; port: number }> {
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    appendonly: 'yes',
    appendfsync: 'always',
    save: '',
    'maxmemory-policy': 'noeviction',
  };
  const server = await startServer(
    {
      command: 'redis-server',
      args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      env: { PATH: process.env['PATH'] },
      logFile: join(folder, 'redis.log'),
    },
    [port],
    () => ping(port),
  );
  return { server, port };
}

/** Sends one `PING`, in the form that Redis reads from a terminal. */
async function ping(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    socket.write('PING\r\n');
    const signal = AbortSignal.timeout(PING_TIMEOUT_MS);
    const [answer] = (await once(socket, 'data', { signal })) as [Buffer];
    if (answer.toString() !== '+PONG\r\n') throw new Error(`Redis answered ${answer.toString().trim()}`);
  } finally {
    socket.destroy();
  }
}
