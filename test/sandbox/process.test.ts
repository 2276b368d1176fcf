import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { ended, readyMessage, spawnSandbox } from '../support/sandbox/process.ts';
import { temporaryFolder } from '../support/sandbox/sandbox.ts';

describe('sandbox: the process', () => {
  let dataDir = '';
  before(async () => {
    dataDir = await temporaryFolder();
  });
  after(() => rm(dataDir, { recursive: true, force: true }));

  for (const [name, value, expected] of [
    ['SANDBOX_PORT', '70000', 'a port number'],
    ['SMTP_PORT', 'mail', 'a port number'],
    ['SANDBOX_WEBHOOK_URL', 'localhost', 'http://'],
    ['SANDBOX_EASYPOST_WEBHOOK_URL', 'localhost', 'http://'],
    ['SANDBOX_EASYPOST_WEBHOOK_URL', 'http://localhost', 'EASYPOST_WEBHOOK_SECRET'],
    ['SANDBOX_TRACKER_STEP_MS', '5s', 'milliseconds'],
    ['SANDBOX_IDEMPOTENCY_TTL_MS', '1h', 'milliseconds'],
    ['SANDBOX_AUTHORIZATION_MS', '7d', 'milliseconds'],
    ['LOG_LEVEL', 'loud', 'one of'],
    ['LOG_FORMAT', 'xml', 'one of json, pretty'],
  ] as const) {
    it(`an invalid ${name} (${value}) ends the process with one line that names the valid values`, async () => {
      const { code, stderr } = await ended(spawnSandbox({ SANDBOX_DATA_DIR: dataDir, [name]: value }));
      assert.equal(code, 1);
      assert.equal(stderr.trim().split('\n').length, 1);
      assert(stderr.includes(name) && stderr.includes(expected), stderr);
    });
  }

  it('a used port ends the process with one line, and does not affect the other sandbox', async () => {
    const first = spawnSandbox({ SANDBOX_DATA_DIR: dataDir });
    const { url } = await readyMessage(first);
    const { port } = new URL(url);
    const { code, stderr } = await ended(spawnSandbox({ SANDBOX_DATA_DIR: dataDir, SANDBOX_PORT: port }));
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^sandbox: port ${port} is used by another process[^\\n]*\\n$`));
    first.kill('SIGTERM');
    assert.equal((await ended(first)).code, 0);
  });

  it('the process ends when its parent has ended', async () => {
    const child = spawnSandbox({ SANDBOX_DATA_DIR: dataDir });
    await readyMessage(child);
    child.disconnect();
    await once(child, 'exit', { signal: AbortSignal.timeout(10_000) });
  });
});
