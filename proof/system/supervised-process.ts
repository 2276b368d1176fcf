import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { killOnExit } from '../../dev/processes/kill-on-exit.ts';
import { PortInUseError } from '../../dev/processes/port-in-use-error.ts';
import { endProcess } from '../../dev/processes/process-table.ts';
import type { Arming, CrashPoint, FromWorker, Victim } from './crash-point.ts';
import { waitAtMost } from '../../harness/wait-for.ts';

export interface SupervisedProcessOptions {
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  /** Holds its log, and is its working folder, so that it finds no `.env`. */
  readonly folder: string;
  /** The name of its log file. */
  readonly name: string;
}

/** A process under test. Whenever it has died it is started again at once. */
export interface SupervisedProcess {
  /** The id of the process that runs now. */
  pid(): number | undefined;
  /** Waits until a process is ready. */
  ready(): Promise<undefined>;
  /** The process that runs now will die when each of these orders has reached its point. */
  arm(victims: readonly Victim[]): Promise<void>;
  /** The process that runs now will die when a group has reached this point; undefined: it will not. */
  armGroup(point: CrashPoint | undefined): Promise<void>;
  /** The orders among these that have been held at their point. */
  held(orderIds: readonly string[]): string[];
  /** The time of its next death, in Unix milliseconds. */
  death(): Promise<number>;
  /** Every activity that it can run. */
  activities(): readonly string[];
  /** How many activations of an armed order have been executed. */
  activations(orderId: string): number;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
/** The pause before a process that could not start is started again. */
const RESTART_PAUSE_MS = 250;

/** @throws {PortInUseError} if the process reports that it cannot listen on a port; then it is not started again */
export async function startSupervised({
  file,
  env,
  folder,
  name,
}: SupervisedProcessOptions): Promise<SupervisedProcess> {
  let stopping = false;
  let current: ChildProcess | undefined;
  const activities = new Set<string>();
  const held = new Set<string>();
  const activations = new Map<string, number>();
  const readiness = signal<undefined>();
  const deaths = signal<number>();
  const armed = signal<undefined>();
  const takenPorts = signal<number>();
  let isReady = false;

  const launch = (): void => {
    isReady = false;
    const log = openSync(`${folder}/${name}.log`, 'a');
    const child = spawn(process.execPath, [file], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_ENV: 'production', ...env },
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    killOnExit(child, 'SIGKILL');
    current = child;
    child.on('message', (message: FromWorker) => {
      receive(message);
    });
    child.once('exit', () => {
      const wasReady = isReady;
      isReady = false;
      current = undefined;
      deaths.fire(Date.now());
      if (stopping) return;
      if (wasReady) launch();
      else {
        setTimeout(() => {
          if (!stopping) launch();
        }, RESTART_PAUSE_MS).unref();
      }
    });
  };

  const receive = (message: FromWorker): void => {
    switch (message.type) {
      case 'ready':
        isReady = true;
        readiness.fire(undefined);
        break;
      case 'activities':
        for (const name of message.names) activities.add(name);
        break;
      case 'port-in-use':
        takenPorts.fire(message.port);
        break;
      case 'armed':
        armed.fire(undefined);
        break;
      case 'held':
        held.add(message.orderId);
        break;
      case 'activations':
        activations.set(message.orderId, message.n);
        break;
    }
  };

  const arm = async (arming: Arming): Promise<void> => {
    await supervised.ready();
    const acknowledged = armed.next();
    current?.send(arming);
    await waitAtMost(READY_TIMEOUT_MS, `${name} is armed`, acknowledged);
  };

  const supervised: SupervisedProcess = {
    pid: () => current?.pid,
    async ready() {
      if (!isReady) await waitAtMost(READY_TIMEOUT_MS, `${name} is ready`, readiness.next());
      return undefined;
    },
    arm: (victims) => arm({ type: 'arm', victims }),
    armGroup: (group) => arm({ type: 'arm', victims: [], ...(group && { group }) }),
    held: (orderIds) => orderIds.filter((each) => held.has(each)),
    death: () => deaths.next(),
    activities: () => [...activities],
    activations: (orderId) => activations.get(orderId) ?? 0,
    async stop() {
      stopping = true;
      const pid = current?.pid;
      if (pid === undefined) return;
      await endProcess(pid, [
        { signal: 'SIGCONT', waitMs: 0 },
        { signal: 'SIGTERM', waitMs: 10_000 },
        { signal: 'SIGKILL', waitMs: 1_000 },
      ]);
    },
  };
  const taken = takenPorts.next();
  launch();
  const port = await Promise.race([supervised.ready(), taken]);
  if (port === undefined) return supervised;
  await supervised.stop();
  throw new PortInUseError(`${name} did not start: port ${port} is used by another process.`, port);
}

/** An event that can happen more than once. */
function signal<T>(): { fire(value: T): void; next(): Promise<T> } {
  const waiting: ((value: T) => void)[] = [];
  return {
    fire(value) {
      for (const resolve of waiting.splice(0)) resolve(value);
    },
    next: () => new Promise((resolve) => waiting.push(resolve)),
  };
}
