import type { SharedTrace } from '../../contracts/ports/tracing.ts';
import { batchCalls } from './batch.ts';

/** A statement for one key spends nearly all its time on the round trip; for this many keys, nearly none. */
const MAX_BATCH_SIZE = 50;

/** Less than the time that a caller allows PostgreSQL for one statement. */
const MAX_WAIT_MS = 5_000;

/**
 * Lets concurrent readers of single records share one statement. A reader that is alone reads at once.
 *
 * @param readAll returns one value for each key, in the same order
 * @param trace undefined: there are no traces. Without it, all that follows is in the trace of the reader that came first
 */
export function batchedRead<K, V>(
  readAll: (keys: K[]) => Promise<V[]>,
  trace: SharedTrace | undefined,
): (key: K) => Promise<V> {
  const read = batchCalls(readAll, { maxItems: MAX_BATCH_SIZE, maxWaitMs: MAX_WAIT_MS, trace });
  return async (key) => {
    const [value] = await read([key]);
    return value as V;
  };
}
