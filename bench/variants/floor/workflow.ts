/** Nothing: what is left is what a durable run costs by itself. */
export async function nothing(): Promise<void> {
  return Promise.resolve();
}
