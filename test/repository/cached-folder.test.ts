import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { temporaryFolder } from '../../harness/servers/test-servers.ts';
import { cachedFolder } from '../support/cached-folder.ts';

describe('a folder of the cache', () => {
  it('is filled once, and is not replaced by another process that fills it at the same time', async () => {
    const cache = temporaryFolder();
    let count = 0;
    const fill = async (folder: string): Promise<void> => {
      count += 1;
      writeFileSync(join(folder, 'content'), `filled ${count}`);
      await nextTurn();
    };
    const paths = await Promise.all([cachedFolder('tools', fill, cache), cachedFolder('tools', fill, cache)]);
    assert.equal(count, 2);
    assert.deepEqual(paths, [join(cache, 'tools'), join(cache, 'tools')]);
    assert.equal(await cachedFolder('tools', fill, cache), join(cache, 'tools'));
    assert.equal(count, 2);
    assert.equal(readFileSync(join(cache, 'tools', 'content'), 'utf8'), 'filled 1');
    assert.deepEqual(readdirSync(cache), ['tools'], 'nothing of the second is left');
  });

  it('is not there when it cannot be filled', async () => {
    const cache = temporaryFolder();
    const fill = (folder: string): Promise<void> => {
      writeFileSync(join(folder, 'content'), 'incomplete');
      return Promise.reject(new Error('the network is down'));
    };
    await assert.rejects(cachedFolder('tools', fill, cache), /the network is down/);
    assert.deepEqual(readdirSync(cache), []);
  });
});
