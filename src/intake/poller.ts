import { setTimeout as delay } from 'node:timers/promises';

/** Work that is repeated until it is stopped. */
export interface Poller {
  start(): void;
  /** Starts the next round now instead of after the interval. */
  wake(): void;
  /** Resolves when the current round has ended. Safe to call twice. */
  stop(): Promise<void>;
}

export interface PollerOptions {
  /** One round of the work. Returns true if there is more to do: then the next round starts at once. */
  poll: () => Promise<boolean>;
  /** Milliseconds between two rounds. */
  intervalMs: number;
  /** Receives what a round throws. The next round starts after the interval. */
  onError: (error: unknown) => void;
}

export function createPoller({ poll, intervalMs, onError }: PollerOptions): Poller {
  let stopped = false;
  let sleep = new AbortController();
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (!stopped) {
      sleep = new AbortController();
      let more = false;
      try {
        more = await poll();
      } catch (error) {
        onError(error);
      }
      if (!more) await delay(intervalMs, undefined, { signal: sleep.signal }).catch(() => undefined);
    }
  }

  return {
    start() {
      running ??= run();
    },
    wake() {
      sleep.abort();
    },
    async stop() {
      stopped = true;
      sleep.abort();
      await running;
    },
  };
}
