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
  /** Where a new destination starts. */
  start: OutboxStart;
  /** Whether the events have the traces of their orders. Default: they do not. */
  withTraces?: boolean;
  logger: Logger;
}

export interface Relay {
  /** Resolves when the events that are being delivered have arrived, or after some seconds. Safe to call twice. */
  stop(): Promise<void>;
}

const RELAY_BATCH_SIZE = 500;
/** Milliseconds until the next read when there was nothing to deliver; doubles up to the maximum. A notification ends the wait. */
const MIN_POLL_INTERVAL_MS = 5;
/** The longest time between two reads, in case a notification is lost. Milliseconds. */
const MAX_POLL_INTERVAL_MS = 1_000;
/** Between two attempts to lease a destination: another relay has the lease, or PostgreSQL cannot be reached. Milliseconds. */
const LEASE_POLL_INTERVAL_MS = 1_000;
const DELIVERY_BACKOFF: Backoff = { firstMs: 100, maxMs: 5_000 };

/**
 * Delivers every event to every destination, in the order of the feed, at least once. Each destination is served by one relay at
 * a time, whichever process that is, and has its own position in the feed: a destination that cannot be reached delays no other.
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

/** Leases the destination whenever it is free, and delivers events to it while this process has the lease. */
async function serve(
  plan: DestinationPlan,
  { databaseUrl, start, withTraces, logger }: RelayOptions,
  stopping: AbortSignal,
): Promise<void> {
  const { name, wanted = always, start: first = start } = plan;
  for (let failures = 0; !stopping.aborted;) {
    try {
      const lease = (await wanted())
        ? await leaseDestination(databaseUrl, name, first, logger, withTraces)
        : undefined;
      if (lease) {
        logger.info({ destination: name }, `relay acquired destination ${name}`);
        await pump(lease, plan, stopping, logger);
      }
      failures = 0;
    } catch (error) {
      if (failures === 0)
        logger.warn(
          { destination: name, cause: reasonOf(error) },
          `relay cannot serve destination ${name}; it tries again`,
        );
      failures += 1;
    }
    await pause(LEASE_POLL_INTERVAL_MS, stopping);
  }
}

/** Delivers events until the relay is stopped or the lease is lost. */
async function pump(
  lease: LeasedDestination,
  { name, open, intervalMs: restMs = 0 }: DestinationPlan,
  stopping: AbortSignal,
  logger: Logger,
): Promise<void> {
  let destination: EventDestination | undefined;
  const isOver = (): boolean => stopping.aborted || lease.lost.aborted;
  const releaseAtStop = (): void => void lease.release();
  stopping.addEventListener('abort', releaseAtStop, { once: true });
  let failures = 0;
  let intervalMs = MIN_POLL_INTERVAL_MS;
  try {
    while (!isOver()) {
      const events = await lease.next(RELAY_BATCH_SIZE);
      const last = events.at(-1);
      if (!last && destination) {
        await lease.waitForEvents(intervalMs);
        intervalMs = Math.min(intervalMs * 2, MAX_POLL_INTERVAL_MS);
        continue;
      }
      intervalMs = MIN_POLL_INTERVAL_MS;
      try {
        // Opened before there is an event to deliver, because a ZeroMQ subscriber receives nothing until the socket is open.
        destination ??= await open();
        if (last) await destination.deliver(events);
      } catch (error) {
        if (failures === 0)
          logger.warn(
            { destination: name, cause: reasonOf(error) },
            `relay cannot deliver events to ${name}; it tries again`,
          );
        await pause(pauseBefore(failures, DELIVERY_BACKOFF), AbortSignal.any([stopping, lease.lost]));
        failures += 1;
        continue;
      }
      if (failures > 0) logger.info({ destination: name }, `relay delivers events to ${name} again`);
      failures = 0;
      if (!last) continue;
      await lease.advance(last);
      if (restMs > 0) await pause(restMs, AbortSignal.any([stopping, lease.lost]));
    }
  } catch (error) {
    // After a stop the query fails because `releaseAtStop` has closed its connection.
    if (!stopping.aborted) throw error;
  } finally {
    stopping.removeEventListener('abort', releaseAtStop);
    await lease.release();
    await destination?.close();
  }
}

const always = (): Promise<boolean> => Promise.resolve(true);

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);

/** The message of an error of a broker or of PostgreSQL, neither of which contains data of an event. */
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : typeof error);
