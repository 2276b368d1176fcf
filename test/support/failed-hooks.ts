import Mocha from 'mocha';
import { MissingError } from '../../dev/tools/missing-error.ts';
import { maySkip, reportMissing } from '../../harness/servers/missing.ts';

/*
 * A test that throws a MissingError is skipped, and so are all tests of a suite whose `before` throws one. In CI it fails. Mocha itself
 * can skip only by a method of the test or hook, which the functions that look for a program do not know.
 *
 * An `after` that follows a failed or skipped `before` runs, and its error is not reported: it closes what was opened, and fails to close
 * what was not.
 */

/** Suites whose `before` has failed or was skipped. */
const unopened = new WeakSet<Mocha.Suite>();

// eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with the runnable as `this`
const run = Mocha.Runnable.prototype.run;

Mocha.Runnable.prototype.run = function (this: Mocha.Runnable, done: (error?: unknown) => void): void {
  run.call(this, (error?: unknown) => {
    const { parent } = this;
    const closesUnopened =
      (isHook(this, 'after all') && parent !== undefined && unopened.has(parent)) ||
      (isHook(this, 'after each') && this.ctx?.currentTest?.isPending() === true);
    if (closesUnopened) {
      done();
      return;
    }
    if (error instanceof MissingError && maySkip()) {
      reportMissing(error.needs);
      this.pending = true;
    }
    if ((error !== undefined || this.pending) && parent && isHook(this, 'before all')) unopened.add(parent);
    done(this.pending ? undefined : error);
  });
};

const isHook = ({ title }: Mocha.Runnable, name: string): boolean => title.startsWith(`"${name}" hook`);
