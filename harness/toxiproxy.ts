import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../dev/tools/cache-folder.ts';
import { startOnFreePorts } from '../dev/processes/free-ports.ts';
import { killOnExit } from '../dev/processes/kill-on-exit.ts';
import { waitUntilListening } from '../dev/processes/listening.ts';
import { PortInUseError } from '../dev/processes/port-in-use-error.ts';
import { endProcess, type EndStep } from '../dev/processes/process-table.ts';

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
  /** Starts a proxy for the port, in place of an earlier one of that name, and returns the port on which it listens. */
  route(name: string, port: number): Promise<number>;
  disturb(name: string, toxic: Toxic): Promise<void>;
  /** Closes all connections and refuses new ones. */
  cut(name: string): Promise<void>;
  /** Removes all toxics and accepts connections again. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

export async function startToxiproxy(path: string): Promise<Toxiproxy> {
  const { pid, port } = await startOnFreePorts(['api'], ({ api }) => startProgram(path, api));
  const post = async (endpoint: string, body: object): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${port}${endpoint}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (response.ok) return;
    const text = await response.text();
    const reason = `Toxiproxy, ${endpoint}: ${response.status} ${text}`;
    const taken = /:(\d+): bind: address already in use/.exec(text)?.[1];
    throw taken === undefined ? new Error(reason) : new PortInUseError(reason, Number(taken));
  };
  return {
    // Not port 0: a proxy that was cut listens again on the same port.
    route: (name, upstream) =>
      startOnFreePorts(['listen'], async ({ listen }) => {
        const proxy = { name, listen: `127.0.0.1:${listen}`, upstream: `127.0.0.1:${upstream}` };
        await post('/populate', [{ ...proxy, enabled: true }]);
        return listen;
      }),
    disturb: (name, toxic) => post(`/proxies/${name}/toxics`, toxic),
    cut: (name) => post(`/proxies/${name}`, { enabled: false }),
    reset: () => post('/reset', {}),
    async stop() {
      await endProcess(pid, STOP_STEPS);
    },
  };
}

const STOP_STEPS: readonly EndStep[] = [
  { signal: 'SIGTERM', waitMs: 2_000 },
  { signal: 'SIGKILL', waitMs: 1_000 },
];

async function startProgram(path: string, port: number): Promise<{ pid: number; port: number }> {
  const child = spawn(path, ['-host', '127.0.0.1', '-port', String(port)], {
    env: { LOG_LEVEL: 'fatal' },
    detached: true,
    stdio: 'ignore',
  });
  killOnExit(child, 'SIGKILL');
  const { pid } = child;
  if (pid === undefined) throw new Error(`${path} could not be started`);
  try {
    await waitUntilListening(pid, port);
    return { pid, port };
  } catch (error) {
    await endProcess(pid, STOP_STEPS);
    throw error;
  }
}
