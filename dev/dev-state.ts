import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, originOf } from '../src/platform/config.ts';
import type { Logger } from '../src/platform/logging.ts';
import { neededPorts } from './ports.ts';
import { parseJson } from './files/json.ts';
import { readIfExists, writePrivateFile } from './files/private-file.ts';
import { endProcess, isAlive, startTimeOf } from './processes/process-table.ts';

/**
 * The content of `dev.json` in the data folder: which processes run. Tools read it, and the next start reads it to stop the
 * processes of a run that was killed.
 */
export interface DevState {
  readonly pid: number;
  readonly ppid: number;
  /** Together with the pid it identifies one process, see `startTimeOf`. */
  readonly start: string;
  readonly startedAt: string;
  /** Whether all parts are ready. */
  readonly ready: boolean;
  readonly urls: Readonly<Record<string, string>>;
  readonly ports: Readonly<Record<string, number>>;
  readonly apiKey: string;
  readonly children: readonly DevChild[];
}

export interface DevChild {
  readonly name: string;
  readonly pid: number;
  readonly start: string;
}

export interface StateFacts {
  readonly config: Config;
  readonly apiKey: string;
  readonly startedAt: Date;
  readonly ready: boolean;
  readonly running: readonly { readonly name: string; readonly pid: number }[];
}

const fileIn = (dataDir: string): string => join(dataDir, 'dev.json');

export function writeDevState(
  dataDir: string,
  { config, apiKey, startedAt, ready, running }: StateFacts,
): void {
  const { http, embedded } = config;
  const state: DevState = {
    pid: process.pid,
    ppid: process.ppid,
    start: startTimeOf(process.pid) ?? '',
    startedAt: startedAt.toISOString(),
    ready,
    urls: {
      api: originOf(http.host, http.port),
      sandbox: config.stripe.apiBase,
      temporal: config.temporal.address ?? `127.0.0.1:${embedded.temporalPort}`,
      temporalUi: originOf('127.0.0.1', embedded.temporalUiPort),
    },
    ports: Object.fromEntries(neededPorts(config).map(({ variable, port }) => [variable, port])),
    apiKey,
    children: running.map(({ name, pid }) => ({ name, pid, start: startTimeOf(pid) ?? '' })),
  };
  writePrivateFile(fileIn(dataDir), `${JSON.stringify(state, null, 2)}\n`);
}

/** For an orderly end, after which no process is left. */
export function removeDevState(dataDir: string): void {
  rmSync(fileIn(dataDir), { force: true });
}

/**
 * Stops the Node processes of a run that was killed. They also end by themselves when their parent has ended, after they have
 * finished their work; this function waits for that. The servers are stopped by `stopLeftoverPostgres` and
 * `stopLeftoverTemporal`.
 */
export async function stopLeftoverChildren(
  dataDir: string,
  names: readonly string[],
  logger: Logger,
): Promise<void> {
  for (const { name, pid, start } of childrenIn(readIfExists(fileIn(dataDir)))) {
    if (!names.includes(name) || !isAlive(pid) || startTimeOf(pid) !== start) continue;
    logger.info(`npm start stops the ${name} of an earlier run (pid ${pid})`);
    await endProcess(pid, [
      { signal: 'SIGTERM', waitMs: 6000 },
      { signal: 'SIGKILL', waitMs: 2000 },
    ]);
  }
}

function childrenIn(content: string | undefined): DevChild[] {
  if (content === undefined) return [];
  const state = parseJson(content);
  if (typeof state !== 'object' || state === null || !('children' in state) || !Array.isArray(state.children))
    return [];
  return state.children.filter(isChild);
}

function isChild(value: unknown): value is DevChild {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'start' in value &&
    typeof value.start === 'string'
  );
}
