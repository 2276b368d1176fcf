import { gather } from './batch.ts';

/** With one key a statement is nearly all round trip; beyond this it is nearly none. */
const MAX_KEYS = 50;

/** Less than the time that a caller gives PostgreSQL for a statement of its own. */
const MAX_WAIT_MS = 5_000;

/**
 * Lets concurrent readers of single things share a statement; one that is alone reads at once, as before.
 *
 * @param readAll answers one for each key, in their order
 */
export function batchedRead<K, V>(readAll: (keys: K[]) => Promise<V[]>): (key: K) => Promise<V> {
  const gathered = gather(readAll, { maxItems: MAX_KEYS, maxWaitMs: MAX_WAIT_MS });
  return async (key) => {
    const [value] = await gathered([key]);
    return value as V;
  };
}
