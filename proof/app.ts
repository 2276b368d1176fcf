import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { endsWithUs } from '../dev/processes/live-children.ts';
import { endProcess } from '../dev/processes/process-table.ts';
import type { Arming, CrashPoint, FromWorker, Victim } from './crash-point.ts';
import { waitAtMost } from '../harness/wait-for.ts';

export interface AppOptions {
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  /** Also its working folder, so that it finds no `.env`. */
  readonly folder: string;
  /** Of its log. */
  readonly name: string;
}

/** A process under test, which is started anew at once whenever it has died, as a supervisor does. */
export interface App {
  /** Of the process that runs now. */
  pid(): number | undefined;
  /** Resolves when a process is ready. */
  ready(): Promise<void>;
  /** The process that runs now is going to die when each of these orders is at its point. */
  arm(victims: readonly Victim[]): Promise<void>;
  /** The process that runs now is going to die when a group is at this point; undefined: no more. */
  armGroup(point: CrashPoint | undefined): Promise<void>;
  /** Those of the orders that have ever been held at their point. */
  held(orderIds: readonly string[]): string[];
  /** The time of its next death, in Unix milliseconds. */
  death(): Promise<number>;
  /** Every activity that it can run. */
  activities(): readonly string[];
  /** How many activations of the order that it was armed with were executed. */
  activations(orderId: string): number;
  /** How often it was started. */
  starts(): number;
  stop(): Promise<void>;
}

const READY_MS = 60_000;
/** Before a process that could not even start is started again. */
const FAILED_START_MS = 250;

export async function startApp({ file, env, folder, name }: AppOptions): Promise<App> {
  let stopping = false;
  let current: ChildProcess | undefined;
  let starts = 0;
  const activities = new Set<string>();
  const held = new Set<string>();
  const activations = new Map<string, number>();
  const readiness = signal<undefined>();
  const deaths = signal<number>();
  const armed = signal<undefined>();
  let isReady = false;

  const launch = (): void => {
    starts += 1;
    isReady = false;
    const log = openSync(`${folder}/${name}.log`, 'a');
    const child = spawn(process.execPath, [file], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_ENV: 'production', ...env },
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    endsWithUs(child, 'SIGKILL');
    current = child;
    child.on('message', (message: FromWorker) => {
      hear(message);
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
        }, FAILED_START_MS).unref();
      }
    });
  };

  const hear = (message: FromWorker): void => {
    switch (message.type) {
      case 'ready':
        isReady = true;
        readiness.fire(undefined);
        break;
      case 'activities':
        for (const name of message.names) activities.add(name);
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
    await app.ready();
    const heard = armed.next();
    current?.send(arming);
    await waitAtMost(READY_MS, `${name} is armed`, heard);
  };

  const app: App = {
    pid: () => current?.pid,
    async ready() {
      if (!isReady) await waitAtMost(READY_MS, `${name} is ready`, readiness.next());
    },
    arm: (victims) => arm({ type: 'arm', victims }),
    armGroup: (group) => arm({ type: 'arm', victims: [], ...(group && { group }) }),
    held: (orderIds) => orderIds.filter((each) => held.has(each)),
    death: () => deaths.next(),
    activities: () => [...activities],
    activations: (orderId) => activations.get(orderId) ?? 0,
    starts: () => starts,
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
  launch();
  await app.ready();
  return app;
}

/** Something that happens again and again. */
function signal<T>(): { fire(value: T): void; next(): Promise<T> } {
  const waiting: ((value: T) => void)[] = [];
  return {
    fire(value) {
      for (const resolve of waiting.splice(0)) resolve(value);
    },
    next: () => new Promise((resolve) => waiting.push(resolve)),
  };
}
