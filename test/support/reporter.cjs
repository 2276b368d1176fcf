'use strict';
const { relative } = require('node:path');
const { reporters, Runner } = require('mocha');

const SLOWEST = 10;

/**
 * Mocha's own report, then the slowest tests, a line `failed: …` for each failure, and at the end one plain line of the counts that a
 * program can read.
 */
module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const tests = [];
    const failed = [];
    runner.on(Runner.constants.EVENT_TEST_END, (test) => tests.push(test));
    runner.on(Runner.constants.EVENT_TEST_FAIL, (test, error) => failed.push({ test, error }));
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      process.stdout.write(
        `${slowest(tests)}${failed.map(lineOf).join('')}${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ''}\n`,
      );
    });
  }
};

/** Where it failed, and the first line of why. */
function lineOf({ test, error }) {
  const [reason] = String(error?.message ?? error).split('\n', 1);
  return `failed: ${relative(process.cwd(), test.file ?? test.parent?.file ?? '')}: ${test.fullTitle()}: ${reason}\n`;
}

function slowest(tests) {
  const timed = tests.filter(({ duration }) => duration > 0).sort((a, b) => b.duration - a.duration);
  if (timed.length <= SLOWEST) return '';
  const lines = timed.slice(0, SLOWEST).map(({ duration, file, title }) => {
    const seconds = (duration / 1000).toFixed(1).padStart(7);
    return `${seconds} s  ${relative(process.cwd(), file ?? '')}: ${title}\n`;
  });
  return `  The ${SLOWEST} slowest tests:\n${lines.join('')}\n`;
}
