import assert from 'node:assert/strict';
import pg from 'pg';
import { batchedRead } from '../../src/adapters/postgres/batched-read.ts';

describe('batched reads', () => {
  it('share a statement while another one runs, and return to each caller their own record', async () => {
    const statements: string[][] = [];
    const read = batchedRead((keys: string[]) => {
      statements.push(keys);
      return Promise.resolve(keys.map((key) => key.toUpperCase()));
    }, undefined);

    assert.deepEqual(await Promise.all(['a', 'b', 'c', 'b'].map(read)), ['A', 'B', 'C', 'B']);
    assert.deepEqual(statements, [['a'], ['b', 'c', 'b']]);
  });

  it('do not fail because the server refuses the key of another caller', async () => {
    const refused = Object.assign(new pg.DatabaseError('not a text', 0, 'error'), { code: '22021' });
    const read = batchedRead(
      (keys: string[]) => (keys.includes('bad') ? Promise.reject(refused) : Promise.resolve(keys)),
      undefined,
    );

    const [, good, bad, other] = await Promise.allSettled(['first', 'good', 'bad', 'other'].map(read));
    assert.deepEqual([good?.status, bad?.status, other?.status], ['fulfilled', 'rejected', 'fulfilled']);
  });

  it('fail with their statement, and do not affect the next one', async () => {
    let broken = true;
    const read = batchedRead(
      (keys: string[]) => (broken ? Promise.reject(new Error('the server is away')) : Promise.resolve(keys)),
      undefined,
    );

    await assert.rejects(read('a'), /away/);
    broken = false;
    assert.equal(await read('a'), 'a');
  });
});
