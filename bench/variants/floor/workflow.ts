/** Does nothing: what remains is the cost of a workflow itself. */
export async function nothing(): Promise<void> {
  return Promise.resolve();
}
