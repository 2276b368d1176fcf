import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { ServiceProcess } from '../../dev/processes/service-process.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { startServer, STOP_STEPS, versionOf } from './server.ts';

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

async function ping(port: number): Promise<void> {
  const redis = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => null });
  // `connect` rejects with the same error; without a listener the event would end the process.
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    await redis.ping();
  } finally {
    redis.disconnect();
  }
}
