import assert from 'node:assert/strict';
import Mocha from 'mocha';

/** Runs a suite of its own in this process. Returns the failures that a reporter would print. */
async function failuresOf(define: (suite: Mocha.Suite) => void): Promise<string[]> {
  const root = new Mocha.Suite('');
  const suite = Mocha.Suite.create(root, 'a suite');
  suite.addTest(new Mocha.Test('a test', () => undefined));
  define(suite);
  const runner = new Mocha.Runner(root);
  const failures: string[] = [];
  runner.on('fail', ({ title }, error: unknown) => failures.push(`${title}: ${String(error)}`));
  await new Promise((resolve) => runner.run(resolve));
  runner.dispose();
  return failures;
}

describe('a suite whose hooks fail', () => {
  it('reports the error of its before, and not that its after cannot close what was not opened', async () => {
    const failures = await failuresOf((suite) => {
      suite.beforeAll(() => {
        throw new Error('the server does not start');
      });
      suite.afterAll(() => {
        throw new TypeError("Cannot read properties of undefined (reading 'stop')");
      });
    });
    assert.deepEqual(failures, ['"before all" hook for "a test": Error: the server does not start']);
  });

  it('reports the error of an after that follows a before without an error', async () => {
    const failures = await failuresOf((suite) => {
      suite.beforeAll(() => undefined);
      suite.afterAll(() => {
        throw new Error('the server does not stop');
      });
    });
    assert.deepEqual(failures, ['"after all" hook for "a test": Error: the server does not stop']);
  });
});
