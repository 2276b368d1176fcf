import assert from 'node:assert/strict';
import type { BatchItem, BatchRequest, BatchView } from '../../src/contracts/http/batches.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { openWorkingStage } from '../support/api/app.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { getting, newKey, problemOf, sending } from '../support/api/requests.ts';

describe('a batch', function () {
  this.timeout(120_000);
  let stage: Awaited<ReturnType<typeof openWorkingStage>>;
  let shop: OrderCalls;
  before(async function () {
    this.timeout(180_000);
    stage = await openWorkingStage();
    shop = orderCalls(stage.app);
  });
  after(() => stage.close());

  async function parked(amount = 500): Promise<string> {
    const { orderId } = await shop.place({ payment: { method: 'pm_refund_refused' } });
    assert.equal((await shop.refund(orderId, { amount })).status, 202);
    return orderId;
  }

  const several = (n: number): Promise<string[]> => Promise.all(Array.from({ length: n }, () => parked()));

  const post = (path: string, body?: object, key?: string) =>
    stage.app.inject(sending('POST', path, body, key === undefined ? {} : { 'idempotency-key': key }));

  async function plan(request: BatchRequest, key = newKey()): Promise<BatchView> {
    const answer = await post('/v1/batches', request, key);
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json<BatchView>();
  }

  const start = (batchId: string, confirmation: string, note = 'the provider works again') =>
    post(`/v1/batches/${batchId}/start`, { confirmation, note });

  async function read(batchId: string): Promise<BatchView> {
    const answer = await stage.app.inject(getting(`/v1/batches/${batchId}`));
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json<BatchView>();
  }

  async function items(batchId: string, query = ''): Promise<BatchItem[]> {
    const answer = await stage.app.inject(getting(`/v1/batches/${batchId}/items?limit=100${query}`));
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json<{ data: BatchItem[] }>().data;
  }

  const ends = (batchId: string): Promise<BatchView> =>
    waitUntilPasses(async () => {
      const batch = await read(batchId);
      assert.ok(['done', 'stopped'].includes(batch.state), batch.state);
      return batch;
    }, 90_000);

  it('says what it would do, and does it once it is confirmed', async () => {
    const orderIds = await several(3);
    const { orderId: sound } = await shop.place();
    const batch = await plan({ action: 'retry', orderIds: [...orderIds, sound] });
    assert.equal(batch.state, 'planned');
    assert.deepEqual(batch.counts, { matched: 4, pending: 3, running: 0, done: 0, failed: 0, leftOut: 1 });
    assert.deepEqual(batch.leftOut, [{ reason: 'not_parked', count: 1 }]);
    assert.deepEqual(batch.money, [{ currency: 'EUR', out: 1_500, outOrders: 3, in: 0, inOrders: 0 }]);
    assert.deepEqual([batch.mails, batch.confirmation], [3, 'retry 3']);
    for (const orderId of orderIds) stage.provider.heal(orderId);
    const started = await start(batch.batchId, 'retry 3');
    assert.equal(started.statusCode, 200, started.body);
    const ended = await ends(batch.batchId);
    assert.deepEqual([ended.state, ended.counts.done, ended.counts.leftOut], ['done', 3, 1]);
    assert.equal(ended.note, 'the provider works again');
    for (const orderId of orderIds) {
      assert.equal(stage.provider.paymentOf(orderId).refunded, 500);
      const retried = (await shop.events(orderId)).filter(({ name }) => name === 'attention_retry');
      assert.deepEqual(
        retried.map(({ data }) => data['attention']),
        [{ step: 'refundPayment', note: 'the provider works again' }],
      );
    }
  });

  it('stops by itself after five failures in a row, and a new one takes those that have failed', async () => {
    const orderIds = await several(12);
    const batch = await plan({ action: 'retry', orderIds });
    await start(batch.batchId, 'retry 12');
    const ended = await ends(batch.batchId);
    assert.deepEqual([ended.state, ended.stopCause], ['stopped', 'failures']);
    const { failed, pending } = ended.counts;
    assert.ok(failed >= 5 && failed <= 8, `${failed} failed`);
    assert.equal(failed + pending, 12);
    const [first] = await items(batch.batchId, '&outcome=failed');
    assert.equal(first?.reason, 'RefundRefused');
    for (const orderId of orderIds) stage.provider.heal(orderId);
    const again = await plan({ action: 'retry', from: { batchId: batch.batchId, outcome: 'failed' } });
    assert.equal(again.counts.pending, failed);
    await start(again.batchId, `retry ${failed}`);
    assert.equal((await ends(again.batchId)).counts.done, failed);
  });

  it('asks anew when its orders have changed since the dry run', async () => {
    const [repaired = '', ...others] = await several(2);
    const batch = await plan({ action: 'retry', orderIds: [repaired, ...others] });
    stage.provider.heal(repaired);
    await shop.resolveAttention(repaired, { action: 'retry' });
    await shop.becomes(repaired, ({ attention }) => {
      assert.equal(attention, null);
    });
    const refused = await start(batch.batchId, 'retry 2');
    assert.equal(refused.statusCode, 409);
    const problem = refused.json<{ code: string; confirmation: string; wouldGo: number }>();
    assert.deepEqual([problem.code, problem.confirmation, problem.wouldGo], ['batch_changed', 'retry 1', 1]);
    assert.equal((await read(batch.batchId)).state, 'planned');
    for (const orderId of others) stage.provider.heal(orderId);
    assert.equal(problemOf(await start(batch.batchId, 'retry 2')).code, 'invalid_request');
    assert.equal(problemOf(await start(batch.batchId, 'skip 1')).code, 'invalid_request');
    assert.equal((await start(batch.batchId, 'retry 1')).statusCode, 200);
    assert.equal((await ends(batch.batchId)).counts.done, 1);
  });
});
