import assert from 'node:assert/strict';
import pg from 'pg';
import { batchedRead } from '../../src/adapters/postgres/batched-read.ts';

describe('reads of concurrent callers', () => {
  it('share a statement while another is under way, and each is answered with its own', async () => {
    const statements: string[][] = [];
    const read = batchedRead((keys: string[]) => {
      statements.push(keys);
      return Promise.resolve(keys.map((key) => key.toUpperCase()));
    });

    assert.deepEqual(await Promise.all(['a', 'b', 'c', 'b'].map(read)), ['A', 'B', 'C', 'B']);
    assert.deepEqual(statements, [['a'], ['b', 'c', 'b']]);
  });

  it('are not failed by a neighbour whose key the server does not take', async () => {
    const refused = Object.assign(new pg.DatabaseError('not a text', 0, 'error'), { code: '22021' });
    const read = batchedRead((keys: string[]) =>
      keys.includes('bad') ? Promise.reject(refused) : Promise.resolve(keys),
    );

    const [, good, bad, other] = await Promise.allSettled(['first', 'good', 'bad', 'other'].map(read));
    assert.deepEqual([good?.status, bad?.status, other?.status], ['fulfilled', 'rejected', 'fulfilled']);
  });

  it('fail with their statement, and the next is read as if nothing had been', async () => {
    let broken = true;
    const read = batchedRead((keys: string[]) =>
      broken ? Promise.reject(new Error('the server is away')) : Promise.resolve(keys),
    );

    await assert.rejects(read('a'), /away/);
    broken = false;
    assert.equal(await read('a'), 'a');
  });
});
