import type { Context } from 'mocha';

/** Ends a test that cannot run here: skipped on a person's machine, with what it needs; a failure where CI counts on it. */
export function skipOrFail(test: Context, needs: string): never {
  if (process.env['CI'] !== undefined)
    throw new Error(`This test needs ${needs}, and nothing is skipped in CI.`);
  process.stderr.write(`      skipped: it needs ${needs}\n`);
  return test.skip();
}
