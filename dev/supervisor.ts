import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../src/platform/logging.ts';

/** Something that runs as a process of its own. */
export interface Part {
  readonly name: string;
  /** Resolves when it does its work; rejects with a message of one line. */
  readonly start: () => Promise<RunningPart>;
}

export interface RunningPart {
  readonly pid: number;
  /** Settles, and never rejects, when the process has ended: says how. */
  readonly exited: Promise<string>;
  /** In order, then by force. Safe to call twice. */
  readonly stop: () => Promise<void>;
}

export interface Supervisor {
  /** Starts a part, and from then on starts it anew whenever it dies. Rejects when the first start fails. */
  start(part: Part): Promise<void>;
  /** Stops all parts, the last started first. Safe to call twice. */
  stop(): Promise<void>;
  /** Whether {@link stop} was called. */
  stopping(): boolean;
  /** What runs now, in the order of starting. */
  running(): readonly { readonly name: string; readonly pid: number }[];
}

export interface SupervisorOptions {
  readonly logger: Logger;
  /** Called whenever what runs has changed. */
  readonly onChange?: () => void;
  /** Milliseconds before the first new start; doubles up to `longestDelayMs`. Default 250. */
  readonly firstDelayMs?: number;
  /** Default 10,000. */
  readonly longestDelayMs?: number;
  /** A part that ran this long was well: the delay begins anew. Default 30,000. */
  readonly wellMs?: number;
}

interface Slot {
  readonly part: Part;
  running: RunningPart | undefined;
}

/** Keeps parts running that stand on each other. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const {
    logger,
    onChange = () => undefined,
    firstDelayMs = 250,
    longestDelayMs = 10_000,
    wellMs = 30_000,
  } = options;
  const slots: Slot[] = [];
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;

  const launch = async (slot: Slot): Promise<RunningPart> => {
    const running = await slot.part.start();
    slot.running = running;
    onChange();
    if (isStopping()) await running.stop(); // it was starting when all were told to stop
    return running;
  };

  const keep = async (slot: Slot, first: RunningPart): Promise<void> => {
    let wait = firstDelayMs;
    let current: RunningPart | undefined = first;
    while (!isStopping()) {
      let how: string;
      if (current === undefined) {
        how = 'did not start';
      } else {
        const began = performance.now();
        how = await current.exited;
        slot.running = undefined;
        onChange();
        if (performance.now() - began >= wellMs) wait = firstDelayMs;
      }
      if (isStopping()) return;
      logger.warn(`${slot.part.name} is down (${how}): starting it again in ${wait} ms`);
      await delay(wait, undefined, { signal: stopping.signal }).catch(() => undefined);
      wait = Math.min(wait * 2, longestDelayMs);
      if (isStopping()) return;
      current = await launch(slot).catch((error: unknown) => {
        logger.error(`${slot.part.name}: ${error instanceof Error ? error.message : String(error)}`);
        return undefined;
      });
      if (current !== undefined) logger.info(`${slot.part.name} is up again`);
    }
  };

  return {
    start: async (part) => {
      if (isStopping()) throw new Error('shutting down');
      const slot: Slot = { part, running: undefined };
      slots.push(slot);
      void keep(slot, await launch(slot));
    },
    stop: async () => {
      stopping.abort();
      for (const slot of slots.toReversed()) await slot.running?.stop();
    },
    stopping: isStopping,
    running: () =>
      slots.flatMap(({ part, running }) =>
        running === undefined ? [] : [{ name: part.name, pid: running.pid }],
      ),
  };
}
