import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cacheFolder } from '../dev/tools/cache-folder.ts';
import { freePort, isListening } from '../dev/processes/free-port.ts';
import { killOnExit } from '../dev/processes/kill-on-exit.ts';
import { endProcess } from '../dev/processes/process-table.ts';

const VERSION = '2.5.0';

/**
 * The path of Toxiproxy's server in the project's cache. The first call builds it with Go (a minute).
 * @throws when it cannot be built, with the reason
 */
export async function toxiproxyPath(dataDir: string): Promise<string> {
  const cache = cacheFolder(dataDir);
  const path = join(cache, `toxiproxy-${VERSION}`);
  if (existsSync(path)) return path;
  const folder = mkdtempSync(join(cache, '.fetch-'));
  try {
    await goInstall(`github.com/Shopify/toxiproxy/v2/cmd/server@v${VERSION}`, folder);
    renameSync(join(folder, 'server'), path);
    return path;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function goInstall(program: string, folder: string): Promise<void> {
  const child = spawn('go', ['install', program], {
    env: { ...process.env, GOBIN: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  killOnExit(child, 'SIGKILL');
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', () => {
      reject(new Error('Go is not installed'));
    });
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`go install ${program}: ${output.trim().split('\n').at(-1) ?? 'it failed'}`));
    });
  });
}

/** A toxic of Toxiproxy. */
export interface Toxic {
  readonly type: 'latency' | 'reset_peer';
  readonly attributes: Readonly<Record<string, number>>;
}

/** Connections to servers, by name, that can be disturbed. */
export interface Toxiproxy {
  /** Starts a proxy for the port, and returns the port on which the proxy listens. */
  route(name: string, port: number): Promise<number>;
  disturb(name: string, toxic: Toxic): Promise<void>;
  /** Closes all connections and refuses new ones. */
  cut(name: string): Promise<void>;
  /** Removes all toxics and accepts connections again. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

const POLL_INTERVAL_MS = 25;

export async function startToxiproxy(path: string): Promise<Toxiproxy> {
  const port = await freePort();
  const child = spawn(path, ['-host', '127.0.0.1', '-port', String(port)], {
    env: { LOG_LEVEL: 'fatal' },
    detached: true,
    stdio: 'ignore',
  });
  killOnExit(child, 'SIGKILL');
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`Toxiproxy ended with ${child.exitCode}`);
    await delay(POLL_INTERVAL_MS);
  }
  const post = async (endpoint: string, body: object): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${port}${endpoint}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`Toxiproxy, ${endpoint}: ${response.status} ${await response.text()}`);
  };
  return {
    async route(name, upstream) {
      const listen = await freePort();
      await post('/proxies', { name, listen: `127.0.0.1:${listen}`, upstream: `127.0.0.1:${upstream}` });
      return listen;
    },
    disturb: (name, toxic) => post(`/proxies/${name}/toxics`, toxic),
    cut: (name) => post(`/proxies/${name}`, { enabled: false }),
    reset: () => post('/reset', {}),
    async stop() {
      if (child.pid !== undefined)
        await endProcess(child.pid, [
          { signal: 'SIGTERM', waitMs: 2_000 },
          { signal: 'SIGKILL', waitMs: 1_000 },
        ]);
    },
  };
}
