import { Context } from '@temporalio/activity';

/** Maximum number of concurrent requests about single payments, labels and workflows. */
const MAX_CONCURRENT_REQUESTS = 8;

/** Returns the results in no particular order. Throws when the activity is cancelled. */
export async function mapConcurrently<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const { cancellationSignal } = Context.current();
  const remaining = items.values();
  const results: R[] = [];
  // The workers take their items from the same iterator.
  const work = async (): Promise<void> => {
    for (const item of remaining) {
      cancellationSignal.throwIfAborted();
      results.push(await run(item));
    }
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENT_REQUESTS }, work));
  return results;
}
