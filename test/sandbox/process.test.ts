import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { ended, readyMessage, spawnSandbox } from '../support/sandbox/child.ts';
import { temporaryFolder } from '../support/sandbox/sandbox.ts';

describe('sandbox: the process', () => {
  let dataDir = '';
  before(async () => {
    dataDir = await temporaryFolder();
  });
  after(() => rm(dataDir, { recursive: true, force: true }));

  for (const [name, value, takes] of [
    ['SANDBOX_PORT', '70000', 'a port number'],
    ['SMTP_PORT', 'mail', 'a port number'],
    ['SANDBOX_WEBHOOK_URL', 'localhost', 'http://'],
    ['SANDBOX_IDEMPOTENCY_TTL_MS', '1h', 'milliseconds'],
    ['SANDBOX_AUTHORIZATION_MS', '7d', 'milliseconds'],
    ['LOG_LEVEL', 'loud', 'one of'],
  ] as const) {
    it(`a bad ${name} stops it with one line that says what it takes`, async () => {
      const { code, stderr } = await ended(spawnSandbox({ SANDBOX_DATA_DIR: dataDir, [name]: value }));
      assert.equal(code, 1);
      assert.equal(stderr.trim().split('\n').length, 1);
      assert(stderr.includes(name) && stderr.includes(takes), stderr);
    });
  }

  it('a taken port stops it with one line, and the books of the other are untouched', async () => {
    const first = spawnSandbox({ SANDBOX_DATA_DIR: dataDir });
    const { url } = await readyMessage(first);
    const { port } = new URL(url);
    const { code, stderr } = await ended(spawnSandbox({ SANDBOX_DATA_DIR: dataDir, SANDBOX_PORT: port }));
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^sandbox: port ${port} is taken[^\\n]*\\n$`));
    first.kill('SIGTERM');
    assert.equal((await ended(first)).code, 0);
  });

  it('it stops when its parent is gone', async () => {
    const child = spawnSandbox({ SANDBOX_DATA_DIR: dataDir });
    await readyMessage(child);
    child.disconnect();
    await once(child, 'exit', { signal: AbortSignal.timeout(10_000) });
  });
});
