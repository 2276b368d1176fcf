import { readOutbox } from '../adapters/postgres/event-outbox.ts';
import type { Pool } from '../adapters/postgres/pool.ts';
import type { ReplayEvents } from '../adapters/zeromq/replay.ts';
import { toCloudEvent } from '../domain/cloud-event.ts';

/** Answers a subscriber's request for the events that it has missed; a cursor that is not valid is answered with an error. */
export const createReplayEvents =
  (pool: Pool): ReplayEvents =>
  async ({ after, limit }) => {
    try {
      const events = await readOutbox(pool, after, limit);
      const cursor = events.at(-1)?.cursor ?? after;
      return { events: events.map(toCloudEvent), cursor, more: events.length === limit };
    } catch (error) {
      if (error instanceof TypeError) return { error: `replay.after: ${error.message}` };
      throw error;
    }
  };
