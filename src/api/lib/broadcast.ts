import { setTimeout as delay } from 'node:timers/promises';

export interface BroadcastOptions<T> {
  read: () => Promise<T>;
  /** Milliseconds from the beginning of a read to the beginning of the next one. */
  intervalMs: number;
  onError: (error: unknown) => void;
}

export interface BroadcastSubscription<T> {
  /** Resolves with the newest value, once; with `undefined` after the time, in milliseconds, and when it is closed. */
  next(timeoutMs: number): Promise<T | undefined>;
  close(): void;
}

/** One reader for everyone who subscribes. It reads only while somebody does. */
export interface Broadcast<T> {
  subscribe(): BroadcastSubscription<T>;
  /** Ends the reading. */
  close(): void;
}

/** A slow read is followed by a pause of so many times its duration, so that the reading leaves the database to the orders. */
const PAUSE_FACTOR = 4;

/** A subscriber that is slower than the reader misses values, and gets the newest one. */
export function createBroadcast<T>({ read, intervalMs, onError }: BroadcastOptions<T>): Broadcast<T> {
  const mailboxes = new Set<Mailbox<T>>();
  const closing = new AbortController();
  let isRunning = false;
  let latest: { readonly value: T; readonly at: number } | undefined;

  async function run(): Promise<void> {
    isRunning = true;
    while (mailboxes.size > 0 && !closing.signal.aborted) {
      const startedAt = performance.now();
      try {
        const value = await read();
        latest = { value, at: performance.now() };
        for (const mailbox of mailboxes) mailbox.put(value);
      } catch (error) {
        onError(error);
      }
      const tookMs = performance.now() - startedAt;
      const pauseMs = Math.max(intervalMs - tookMs, PAUSE_FACTOR * tookMs);
      await delay(pauseMs, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
    }
    isRunning = false;
  }

  return {
    subscribe() {
      const mailbox = createMailbox<T>();
      mailboxes.add(mailbox);
      if (latest && performance.now() < latest.at + intervalMs) mailbox.put(latest.value);
      if (!isRunning) void run();
      return {
        next: (timeoutMs) => mailbox.take(timeoutMs),
        close() {
          mailboxes.delete(mailbox);
          mailbox.close();
        },
      };
    },
    close() {
      closing.abort();
    },
  };
}

/** Holds one value for one reader. */
interface Mailbox<T> {
  put(value: T): void;
  take(timeoutMs: number): Promise<T | undefined>;
  close(): void;
}

function createMailbox<T>(): Mailbox<T> {
  let held: { readonly value: T } | undefined;
  let isClosed = false;
  let wake: (() => void) | undefined;

  return {
    put(value) {
      held = { value };
      wake?.();
    },
    async take(timeoutMs) {
      if (!held && !isClosed)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      wake = undefined;
      const taken = held;
      held = undefined;
      return taken?.value;
    },
    close() {
      isClosed = true;
      wake?.();
    },
  };
}
