import { setTimeout as delay } from 'node:timers/promises';

/** Something that is done again and again until it is stopped. */
export interface Repeated {
  start(): void;
  /** Not later, but now. */
  wake(): void;
  /** Resolves when the round under way has ended. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Runs `round` with a pause in between; at once again where it answers that there is more. What it throws is told to `failed`, and
 * the pause is kept. Milliseconds.
 */
export function repeat(
  round: () => Promise<boolean>,
  pauseMs: number,
  failed: (error: unknown) => void,
): Repeated {
  let stopped = false;
  let asleep = new AbortController();
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (!stopped) {
      asleep = new AbortController();
      let more = false;
      try {
        more = await round();
      } catch (error) {
        failed(error);
      }
      if (!more) await delay(pauseMs, undefined, { signal: asleep.signal }).catch(() => undefined);
    }
  }

  return {
    start() {
      running ??= run();
    },
    wake() {
      asleep.abort();
    },
    async stop() {
      stopped = true;
      asleep.abort();
      await running;
    },
  };
}
