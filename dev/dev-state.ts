import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, originOf } from '../src/platform/config.ts';
import type { Logger } from '../src/platform/logging.ts';
import { neededPorts } from './ports.ts';
import { readIfThere, writePrivateFile } from './private-file.ts';
import { endProcess, isAlive, startOf } from './processes/process-table.ts';

/** What runs, for tools that look at it and for the next start, which must know what a killed one left behind. */
export interface DevState {
  readonly pid: number;
  readonly ppid: number;
  /** With the pid it names one process for good, see `startOf`. */
  readonly start: string;
  readonly startedAt: string;
  /** Whether everything is up. */
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

export function writeState(dataDir: string, { config, apiKey, startedAt, ready, running }: StateFacts): void {
  const { http, embedded } = config;
  const state: DevState = {
    pid: process.pid,
    ppid: process.ppid,
    start: startOf(process.pid) ?? '',
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
    children: running.map(({ name, pid }) => ({ name, pid, start: startOf(pid) ?? '' })),
  };
  writePrivateFile(fileIn(dataDir), `${JSON.stringify(state, null, 2)}\n`);
}

/** After an orderly end there is nothing that anybody need know. */
export function forgetState(dataDir: string): void {
  rmSync(fileIn(dataDir), { force: true });
}

/**
 * Ends the Node processes that a killed run left behind. They end by themselves when their parent is gone, with what they
 * have in hand; this waits for it. Servers are left to those who know them (`stopLeftoverPostgres`, `stopLeftoverTemporal`).
 */
export async function stopLeftoverChildren(
  dataDir: string,
  names: readonly string[],
  logger: Logger,
): Promise<void> {
  for (const { name, pid, start } of childrenIn(readIfThere(fileIn(dataDir)))) {
    if (!names.includes(name) || !isAlive(pid) || startOf(pid) !== start) continue;
    logger.info(`stopping a process (${name}, pid ${pid}) that an earlier run left behind`);
    await endProcess(pid, [
      { signal: 'SIGTERM', waitMs: 6000 },
      { signal: 'SIGKILL', waitMs: 2000 },
    ]);
  }
}

function childrenIn(content: string | undefined): DevChild[] {
  if (content === undefined) return [];
  const state: unknown = JSON.parse(content);
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
