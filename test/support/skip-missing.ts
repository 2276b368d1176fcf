import Mocha from 'mocha';
import { MissingError } from '../../dev/tools/missing-error.ts';
import { maySkip, reportMissing } from '../../harness/servers/missing.ts';

/*
 * A test that throws a MissingError is skipped, and so are all tests of a suite whose `before` throws one. In CI it fails. Mocha itself
 * can skip only by a method of the test or hook, which the functions that look for a program do not know.
 */

/** Suites that were skipped by their `before`. */
const skipped = new WeakSet<Mocha.Suite>();

// eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with the runnable as `this`
const run = Mocha.Runnable.prototype.run;

Mocha.Runnable.prototype.run = function (this: Mocha.Runnable, done: (error?: unknown) => void): void {
  run.call(this, (error?: unknown) => {
    const { parent } = this;
    const isAfterSkipped =
      (isHook(this, 'after all') && parent !== undefined && skipped.has(parent)) ||
      (isHook(this, 'after each') && this.ctx?.currentTest?.isPending() === true);
    if (isAfterSkipped) {
      done(); // it may have failed to close what was not opened
      return;
    }
    if (error instanceof MissingError && maySkip()) {
      reportMissing(error.needs);
      this.pending = true;
    }
    if (this.pending && parent && isHook(this, 'before all')) skipped.add(parent);
    done(this.pending ? undefined : error);
  });
};

const isHook = ({ title }: Mocha.Runnable, name: string): boolean => title.startsWith(`"${name}" hook`);
