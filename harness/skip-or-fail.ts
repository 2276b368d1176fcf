/** A test that can be skipped: the context of mocha has this method. */
export interface Skippable {
  skip(): never;
}

/**
 * Ends a test that cannot run on this machine. It is skipped, with a line that says what it needs; in CI, where nothing may be
 * skipped, it fails.
 */
export function skipOrFail(test: Skippable, needs: string): never {
  if (process.env['CI'] !== undefined)
    throw new Error(`This test needs ${needs}, and nothing is skipped in CI.`);
  process.stderr.write(`      skipped: it needs ${needs}\n`);
  return test.skip();
}
