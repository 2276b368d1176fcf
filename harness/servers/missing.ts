import { isFirstInRun } from './shared.ts';

/** Whether a test that needs something that this machine does not have may be skipped. In CI nothing is skipped. */
export const maySkip = (): boolean => process.env['CI'] === undefined;

/** Prints what skipped tests need: one line in a test run, however many tests need it. */
export function reportMissing(needs: string): void {
  void isFirstInRun(`missing ${needs}`).then((isFirst) => {
    if (isFirst) process.stderr.write(`      skipped: needs ${needs}\n`);
  });
}
