/** Runs pieces of work one after the other, in the order of the calls. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** Runs every piece of work at once. */
export const atOnce: InTurn = (work) => work();

/**
 * For the local activities of a workflow that does several things at a time. A worker delivers the results of two local activities one
 * by one, and a replay may deliver them together; what the workflow does next must not depend on that. So only one runs at a time.
 */
export function oneAtATime(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined); // the caller handles the failure
    return result;
  };
}
