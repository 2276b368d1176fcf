import { setTimeout as delay } from 'node:timers/promises';
import {
  leaseDestination,
  type OutboxStart,
  type LeasedDestination,
} from '../adapters/postgres/event-outbox.ts';
import type { DestinationPlan, EventDestination } from '../contracts/ports/event-destination.ts';
import { pauseBefore, type Backoff } from '../domain/backoff.ts';
import type { Logger } from '../platform/logging.ts';

export interface RelayOptions {
  databaseUrl: string;
  destinations: readonly DestinationPlan[];
  /** Where a destination that is new begins. */
  start: OutboxStart;
  logger: Logger;
}

export interface Relay {
  /** Resolves when what is on its way has arrived, or after some seconds. Safe to call twice. */
  stop(): Promise<void>;
}

const AT_ONCE = 500;
/** The net, should a notification be lost. Milliseconds. */
const POLL_INTERVAL_MS = 1_000;
/** An event that was announced may not be told before a transaction that began earlier has ended: soon. Milliseconds. */
const SOON_MS = 5;
/** Another relay has the destination, or PostgreSQL is away. Milliseconds. */
const TAKE_OVER_MS = 1_000;
const FAILED: Backoff = { firstMs: 100, maxMs: 5_000 };

/**
 * Brings every event to every destination, in order, at least once. Each destination has one relay at a time, whichever
 * process that is, and its own place in the feed: one that is away holds back nobody but itself.
 */
export function startRelay(options: RelayOptions): Relay {
  const stopping = new AbortController();
  const running = options.destinations.map((plan) => serve(plan, options, stopping.signal));
  return {
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

async function serve(
  plan: DestinationPlan,
  { databaseUrl, start, logger }: RelayOptions,
  stopping: AbortSignal,
): Promise<void> {
  const { name, wanted = always } = plan;
  for (let faults = 0; !stopping.aborted;) {
    try {
      const held = (await wanted()) ? await leaseDestination(databaseUrl, name, start, logger) : undefined;
      if (held) {
        logger.info({ destination: name }, 'events are brought there');
        await bring(held, plan, stopping, logger);
      }
      faults = 0;
    } catch (error) {
      if (faults === 0)
        logger.warn({ destination: name, cause: reasonOf(error) }, 'the relay cannot go on yet');
      faults += 1;
    }
    await pause(TAKE_OVER_MS, stopping);
  }
}

/** Until we are to stop, or the destination is held no more. */
async function bring(
  held: LeasedDestination,
  { name, open }: DestinationPlan,
  stopping: AbortSignal,
  logger: Logger,
): Promise<void> {
  let destination: EventDestination | undefined;
  const isOver = (): boolean => stopping.aborted || held.lost.aborted;
  const wakeAtStop = (): void => void held.release();
  stopping.addEventListener('abort', wakeAtStop, { once: true });
  let faults = 0;
  let quietMs = SOON_MS;
  try {
    while (!isOver()) {
      const events = await held.next(AT_ONCE);
      const last = events.at(-1);
      if (!last && destination) {
        await held.waitForEvents(quietMs);
        quietMs = Math.min(quietMs * 2, POLL_INTERVAL_MS);
        continue;
      }
      quietMs = SOON_MS;
      try {
        // Before there is anything to bring: who follows ZeroMQ can only hear it once it is open.
        destination ??= await open();
        if (last) await destination.deliver(events);
      } catch (error) {
        if (faults === 0)
          logger.warn({ destination: name, cause: reasonOf(error) }, 'events wait for their destination');
        await pause(pauseBefore(faults, FAILED), AbortSignal.any([stopping, held.lost]));
        faults += 1;
        continue;
      }
      if (faults > 0) logger.info({ destination: name }, 'events arrive again');
      faults = 0;
      if (last) await held.advance(last);
    }
  } catch (error) {
    // The connection that we have closed ourselves.
    if (!stopping.aborted) throw error;
  } finally {
    stopping.removeEventListener('abort', wakeAtStop);
    await held.release();
    await destination?.close();
  }
}

const always = (): Promise<boolean> => Promise.resolve(true);

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);

/** What a broker says of itself; nothing of an event. */
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : typeof error);
