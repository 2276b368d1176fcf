/** The outcome of an activity that was called with one order. Throws if the activity returned none. */
export function singleOutcome<T>(outcomes: T[]): T {
  const [outcome] = outcomes;
  if (outcome === undefined) throw new Error('The activity returned no outcome for its order');
  return outcome;
}
