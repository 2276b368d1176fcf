import assert from 'node:assert/strict';
import type { QueuesView } from '../../src/contracts/http/board.ts';
import { DEVELOPMENT_CLIENT, SCOPES } from '../../src/api/lib/api-keys.ts';
import { sharedRead } from '../../src/api/lib/shared-read.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { getting } from '../support/api/requests.ts';

describe('GET /v1/queues', function () {
  this.timeout(120_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.close());

  it('has every queue with its count', async () => {
    const answer = await stage.app.inject(getting('/v1/queues'));
    assert.equal(answer.statusCode, 200);
    const { queues } = answer.json<QueuesView>();
    assert.deepEqual([queues.length, queues[0]], [12, { name: 'attention', group: 'need_you', count: 0 }]);
  });

  it('reads the database once for everyone who asks at the same time', async () => {
    let reads = 0;
    const read = (): Promise<QueuesView> => {
      reads += 1;
      return Promise.resolve({ queues: [], checkedAt: new Date().toISOString() });
    };
    const app = await stage.another({ queues: { read } });
    await Promise.all(Array.from({ length: 20 }, () => app.inject(getting('/v1/queues'))));
    assert.equal(reads, 1);
  });

  it('needs a key with the scope stats:read', async () => {
    const scopes = new Set(SCOPES.filter((scope) => scope !== 'stats:read'));
    const client = { keyId: 'k', clientId: DEVELOPMENT_CLIENT, scopes };
    const app = await stage.another({ apiKeys: { find: () => client, findByHash: () => client } });
    for (const url of ['/v1/queues', '/v1/stats/stream'])
      assert.equal((await app.inject(getting(url))).statusCode, 403, url);
  });
});

describe('a shared read', () => {
  it('is not repeated while one is in progress, however long it takes', async () => {
    const answers: ((value: number) => void)[] = [];
    const read = sharedRead(() => new Promise<number>((resolve) => answers.push(resolve)), 0);
    const [first, second] = [read(), read()];
    assert.equal(answers.length, 1);
    answers[0]?.(1);
    assert.deepEqual([await first, await second], [1, 1]);
    const third = read();
    assert.equal(answers.length, 2);
    answers[1]?.(2);
    assert.equal(await third, 2);
  });

  it('keeps a result for its time, and no failure', async () => {
    let n = 0;
    const read = sharedRead(() => {
      n += 1;
      return n === 1 ? Promise.reject(new Error('gone')) : Promise.resolve(n);
    }, 60_000);
    await assert.rejects(read(), /gone/);
    assert.deepEqual([await read(), await read()], [2, 2]);
  });
});
