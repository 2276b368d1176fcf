import assert from 'node:assert/strict';
import type { InjectOptions } from 'fastify';
import {
  DEVELOPMENT_CLIENT,
  SCOPES,
  type ApiClient,
  type ApiKeys,
  type Scope,
} from '../../src/api/lib/api-keys.ts';
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

  it('takes everything that matches, by queue and cause', async () => {
    const orderIds = await several(2);
    const cause = { step: 'refundPayment', code: 'RefundRefused' };
    const batch = await plan({ action: 'skip', query: { queue: 'attention' }, cause });
    const planned = new Set((await items(batch.batchId)).map(({ orderId }) => orderId));
    for (const orderId of orderIds) assert.ok(planned.has(orderId), orderId);
    const others = await plan({ action: 'skip', query: { queue: 'attention' }, cause: { step: 'notify' } });
    assert.equal(others.counts.matched, 0);
    assert.equal(others.confirmation, undefined);
    assert.equal(problemOf(await start(others.batchId, 'skip 0')).code, 'batch_empty');
  });

  it('refunds what is left, captures what is held, cancels, and decides reviews, each once', async () => {
    const { orderId: paid } = await shop.place();
    const { orderId: partly } = await shop.place();
    assert.equal((await shop.refund(partly, { amount: 200 })).status, 200);
    const refunds = await plan({ action: 'refund', orderIds: [paid, partly] });
    assert.deepEqual(refunds.money, [{ currency: 'EUR', out: 2_200, outOrders: 2, in: 0, inOrders: 0 }]);
    await start(refunds.batchId, 'refund 2', 'recall of the item');
    assert.equal((await ends(refunds.batchId)).counts.done, 2);
    for (const orderId of [paid, partly]) assert.equal(stage.provider.paymentOf(orderId).refunded, 1_200);
    assert.deepEqual(
      (await shop.order(paid)).refunds.map(({ reason }) => reason),
      ['recall of the item'],
    );
    const again = await plan({ action: 'refund', orderIds: [paid] });
    assert.deepEqual(again.leftOut, [{ reason: 'not_refundable', count: 1 }]);

    const { orderId: unwanted } = await shop.place();
    const cancels = await plan({ action: 'cancel', orderIds: [unwanted, paid] });
    assert.deepEqual(cancels.leftOut, [{ reason: 'too_late', count: 1 }]);
    await start(cancels.batchId, 'cancel 1');
    assert.equal((await ends(cancels.batchId)).counts.done, 1);
    assert.equal((await shop.order(unwanted)).status, 'cancelled');
  });

  it('is the same batch under the same key, and another body is refused', async () => {
    const [orderId = ''] = await several(1);
    const key = newKey();
    const first = await plan({ action: 'retry', orderIds: [orderId] }, key);
    assert.deepEqual(await plan({ action: 'retry', orderIds: [orderId] }, key), first);
    const other = await post('/v1/batches', { action: 'skip', orderIds: [orderId] }, key);
    assert.equal(problemOf(other).code, 'idempotency_key_reused');
    assert.equal(
      problemOf(await post('/v1/batches', { action: 'retry', orderIds: [orderId] })).code,
      'idempotency_key_required',
    );
  });

  it('is refused with two sources, with none, with a mail address, and with a cause that the action has not', async () => {
    const [orderId = ''] = await several(1);
    for (const request of [
      { action: 'retry' },
      { action: 'retry', query: {}, orderIds: [orderId] },
      { action: 'retry', query: { q: 'ada@example.com' } },
      { action: 'retry', query: { email: 'ada@example.com' } },
      { action: 'refund', query: {}, cause: { step: 'notify' } },
    ])
      assert.equal(problemOf(await post('/v1/batches', request, newKey())).code, 'invalid_request');
  });

  it('can be stopped: the orders in progress have their results, and the others are not begun', async () => {
    const orderIds = await several(8);
    const held = orderIds.map((orderId) => {
      stage.provider.heal(orderId);
      return stage.provider.holdRefunds(orderId);
    });
    const batch = await plan({ action: 'retry', orderIds });
    assert.equal(problemOf(await post(`/v1/batches/${batch.batchId}/stop`)).code, 'batch_not_started');
    await start(batch.batchId, 'retry 8');
    await waitUntilPasses(async () => {
      assert.equal((await read(batch.batchId)).counts.running, 4);
    });
    const stopped = await post(`/v1/batches/${batch.batchId}/stop`);
    assert.equal(stopped.json<BatchView>().state, 'stopping');
    for (const refund of held) refund.open();
    const ended = await ends(batch.batchId);
    assert.deepEqual([ended.state, ended.stopCause], ['stopped', 'operator']);
    assert.deepEqual([ended.counts.done, ended.counts.running, ended.counts.pending], [4, 0, 4]);
    assert.equal(problemOf(await start(batch.batchId, 'retry 4')).code, 'batch_ended');
    assert.equal((await post(`/v1/batches/${batch.batchId}/stop`)).json<BatchView>().state, 'stopped');
  });

  it('needs its own scopes, and that of its action', async () => {
    const [orderId = ''] = await several(1);
    const request = { action: 'retry', orderIds: [orderId] };
    const { batchId } = await plan({ action: 'retry', orderIds: [orderId] });
    const calls: [Scope, InjectOptions][] = [
      ['batches:write', sending('POST', '/v1/batches', request, { 'idempotency-key': newKey() })],
      ['orders:repair', sending('POST', '/v1/batches', request, { 'idempotency-key': newKey() })],
      ['batches:read', getting(`/v1/batches/${batchId}`)],
      ['batches:read', getting(`/v1/batches/${batchId}/items`)],
      ['batches:read', getting('/v1/batches')],
      [
        'orders:repair',
        sending('POST', `/v1/batches/${batchId}/start`, { confirmation: 'retry 1', note: 'n' }),
      ],
      ['batches:write', sending('POST', `/v1/batches/${batchId}/stop`)],
    ];
    for (const [scope, call] of calls) {
      const app = await stage.another({ apiKeys: keyWithout(scope) });
      const answer = await app.inject(call);
      assert.deepEqual([answer.statusCode, problemOf(answer).code], [403, 'forbidden'], scope);
    }
  });

  it('is of its client alone', async () => {
    const [orderId = ''] = await several(1);
    const { batchId } = await plan({ action: 'retry', orderIds: [orderId] });
    const app = await stage.another({
      apiKeys: fixed({ keyId: 'other', clientId: 'other', scopes: new Set(SCOPES) }),
    });
    for (const call of [
      getting(`/v1/batches/${batchId}`),
      getting(`/v1/batches/${batchId}/items`),
      sending('POST', `/v1/batches/${batchId}/start`, { confirmation: 'retry 1', note: 'n' }),
      sending('POST', `/v1/batches/${batchId}/stop`),
    ])
      assert.equal(problemOf(await app.inject(call)).code, 'batch_not_found');
    const body = { action: 'retry', orderIds: [orderId] };
    const theirs = await app.inject(sending('POST', '/v1/batches', body, { 'idempotency-key': newKey() }));
    assert.deepEqual(theirs.json<BatchView>().leftOut, [{ reason: 'order_not_found', count: 1 }]);
  });

  it('has a file with every order, without personal data', async () => {
    const [orderId = ''] = await several(1);
    const { batchId } = await plan({ action: 'retry', orderIds: [orderId] });
    const url = `/v1/batches/${batchId}/items`;
    const answer = await stage.app.inject(getting(url, { accept: 'text/csv' }));
    assert.match(String(answer.headers['content-type']), /^text\/csv/);
    const [head, row] = answer.body.split('\r\n');
    assert.equal(
      head,
      'number,orderId,outcome,reason,detail,status,step,moneyOut,moneyIn,currency,mails,settledAt',
    );
    assert.equal(row, `1,${orderId},pending,,,paid,refundPayment,500,,EUR,1,`);
    assert.doesNotMatch(answer.body, /@/);
  });
});

const fixed = (client: ApiClient): ApiKeys => ({ find: () => client, findByHash: () => client });
const keyWithout = (missing: Scope): ApiKeys =>
  fixed({
    keyId: 'limited',
    clientId: DEVELOPMENT_CLIENT,
    scopes: new Set(SCOPES.filter((scope) => scope !== missing)),
  });
