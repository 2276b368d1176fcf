import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../src/platform/logging.ts';
import type { Part, RunningPart } from './processes/part.ts';

export interface Supervisor {
  /** Starts a part, and restarts it whenever it dies. Rejects if the first start fails. */
  start(part: Part): Promise<void>;
  /**
   * Stops the process of a part and calls `start` in its place. Resolves when the part is ready. Rejects if `start` does, and then
   * the part is restarted as if it had died; rejects too if the process cannot be stopped.
   */
  replace(name: string, start: Part['start']): Promise<void>;
  /** Stops all parts, the last started first. Safe to call twice. */
  stop(): Promise<void>;
  /** Returns whether {@link stop} was called. */
  stopping(): boolean;
  /** Returns the parts that run now, in the order in which they were started. */
  running(): readonly { readonly name: string; readonly pid: number }[];
}

export interface SupervisorOptions {
  readonly logger: Logger;
  /** Called whenever the result of `running()` has changed. */
  readonly onChange?: () => void;
  /** Milliseconds before the first restart; doubles up to `maxDelayMs`. Default 250. */
  readonly initialDelayMs?: number;
  /** Default 10,000. */
  readonly maxDelayMs?: number;
  /** After a part has run this many milliseconds, its next delay is `initialDelayMs` again. Default 30,000. */
  readonly stableAfterMs?: number;
}

interface SupervisedPart {
  readonly part: Part;
  running: RunningPart | undefined;
  /** Starts the next process of the part in place of `part.start`. */
  successor: Part['start'] | undefined;
  /** Ends the delay before a restart. */
  skipDelay: () => void;
}

/** Returns what starts the next process of the part. */
function takeStart(supervised: SupervisedPart): Part['start'] {
  const { part, successor = part.start } = supervised;
  supervised.successor = undefined;
  return successor;
}

/** Creates a supervisor, which keeps parts running. A part may depend on parts that were started before it. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const {
    logger,
    onChange = () => undefined,
    initialDelayMs = 250,
    maxDelayMs = 10_000,
    stableAfterMs = 30_000,
  } = options;
  const parts: SupervisedPart[] = [];
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;

  const launch = async (supervised: SupervisedPart): Promise<RunningPart> => {
    const running = await takeStart(supervised)();
    supervised.running = running;
    onChange();
    // `stop()` or `replace()` was called while the part was starting.
    if (isStopping() || supervised.successor !== undefined) await running.stop();
    return running;
  };

  const keepRunning = async (supervised: SupervisedPart, first: RunningPart): Promise<void> => {
    let wait = initialDelayMs;
    let current: RunningPart | undefined = first;
    while (!isStopping()) {
      let ending: string;
      if (current === undefined) {
        ending = 'did not start';
      } else {
        const began = performance.now();
        ending = await current.exited;
        supervised.running = undefined;
        onChange();
        if (performance.now() - began >= stableAfterMs) wait = initialDelayMs;
      }
      if (isStopping()) return;
      const replaced = supervised.successor !== undefined;
      if (replaced) {
        wait = initialDelayMs;
      } else {
        logger.warn(`${supervised.part.name} is down (${ending}); supervisor restarts it in ${wait} ms`);
        await restartDelay(supervised, wait);
        wait = Math.min(wait * 2, maxDelayMs);
      }
      if (isStopping()) return;
      current = await launch(supervised).catch((error: unknown) => {
        logger.error(
          `${supervised.part.name} did not restart: ${error instanceof Error ? error.message : String(error)}`,
        );
        return undefined;
      });
      if (current !== undefined && !replaced) logger.info(`${supervised.part.name} runs again`);
    }
  };

  const restartDelay = async (supervised: SupervisedPart, ms: number): Promise<void> => {
    const skipped = new AbortController();
    supervised.skipDelay = () => {
      skipped.abort();
    };
    const signal = AbortSignal.any([stopping.signal, skipped.signal]);
    await delay(ms, undefined, { signal }).catch(() => undefined);
  };

  return {
    start: async (part) => {
      if (isStopping()) throw new Error(`${part.name} cannot start: the supervisor is stopping`);
      const supervised: SupervisedPart = {
        part,
        running: undefined,
        successor: undefined,
        skipDelay: () => undefined,
      };
      parts.push(supervised);
      void keepRunning(supervised, await launch(supervised));
    },
    replace: (name, start) =>
      new Promise((resolve, reject) => {
        const supervised = parts.find(({ part }) => part.name === name);
        if (supervised === undefined) throw new Error(`There is no part ${name}.`);
        supervised.successor = () => {
          const started = start();
          started.then(() => {
            resolve();
          }, reject);
          return started;
        };
        supervised.skipDelay();
        supervised.running?.stop().catch(reject);
      }),
    stop: async () => {
      stopping.abort();
      for (const supervised of parts.toReversed()) await supervised.running?.stop();
    },
    stopping: isStopping,
    running: () =>
      parts.flatMap(({ part, running }) =>
        running === undefined ? [] : [{ name: part.name, pid: running.pid }],
      ),
  };
}
