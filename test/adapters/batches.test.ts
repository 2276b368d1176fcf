import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createBatchStore, type BatchStore } from '../../src/adapters/postgres/batch-store.ts';
import { batchIdOf } from '../../src/batches/batch-id.ts';
import { resumeBatches } from '../../src/batches/resume-batches.ts';
import { runBatchTurn } from '../../src/batches/batch-turn.ts';
import { BATCH_ACTIONS, MAX_FAILURES_IN_ROW, type BatchAction } from '../../src/contracts/batches.ts';
import type { Actor } from '../../src/contracts/actor.ts';
import { Problem } from '../../src/contracts/errors.ts';
import type { ResolveAttentionCommand } from '../../src/orders/resolve-attention.ts';
import { createDeleteExpired } from '../../src/adapters/postgres/retention.ts';
import { checkoutOrder } from '../../harness/orders.ts';
import { authorizedOrder, paidOrder, reservedOrder } from '../support/paid-orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

describe('batches in PostgreSQL', function () {
  this.timeout(120_000);
  let shop: Shop;
  let store: BatchStore;
  const { clientId } = checkoutOrder();
  const requester = { clientId, keyId: 'test' };

  before(async () => {
    shop = await openShop();
    store = createBatchStore(shop.pool);
  });
  after(() => shop.close());

  async function plan(action: BatchAction, orderIds: string[]): Promise<string> {
    const batchId = batchIdOf(clientId, randomUUID());
    const source = { orderIds: orderIds.length };
    assert.ok(
      await store.plan({ batchId, requestedBy: requester, requestHash: '', action, source }, orderIds),
    );
    return batchId;
  }
  const start = (batchId: string, wouldGo: number) =>
    store.start(batchId, { wouldGo, note: 'test', startedBy: requester });
  const planned = async (batchId: string) =>
    (await store.items({ batchId, limit: 100 })).map(({ reason, moneyOut, moneyIn }) => [
      reason,
      moneyOut,
      moneyIn,
    ]);
  const park = (orderId: string) =>
    shop.ledger.parkStep([
      {
        orderId,
        workflowId: `order/${orderId}/refund/1`,
        step: 'refundPayment',
        reason: 'RefundRefused: no',
        attempts: 1,
        actions: ['retry', 'skip'],
      },
    ]);

  it('say for each action what would become of an order that is reserved, paid, authorised, and unknown', async () => {
    const ids = [await reservedOrder(shop), await paidOrder(shop), await authorizedOrder(shop)].map(
      ({ orderId }) => orderId,
    );
    const reasons: Record<string, unknown> = {};
    for (const action of BATCH_ACTIONS)
      reasons[action] = await planned(await plan(action, [...ids, `ord_${'0'.repeat(32)}`]));
    const unknown = ['order_not_found', undefined, undefined];
    const all = (reason: string) => [...ids.map(() => [reason, undefined, undefined]), unknown];
    assert.deepEqual(reasons, {
      retry: all('not_parked'),
      skip: all('not_parked'),
      resolve: all('not_parked'),
      approve: all('not_in_review'),
      reject: all('not_in_review'),
      cancel: [
        [undefined, undefined, undefined],
        [undefined, 1_000, undefined],
        [undefined, undefined, undefined],
        unknown,
      ],
      refund: [
        ['not_refundable', undefined, undefined],
        [undefined, 1_000, undefined],
        ['nothing_left', undefined, undefined],
        unknown,
      ],
      capture: [
        ['not_capturable', undefined, undefined],
        ['not_capturable', undefined, undefined],
        [undefined, undefined, 1_000],
        unknown,
      ],
    });
  });

  it('check each order again at its turn: one that has changed is left out', async () => {
    const { orderId } = await paidOrder(shop);
    await park(orderId);
    const batchId = await plan('retry', [orderId]);
    assert.equal((await start(batchId, 1)).outcome, 'started');
    await shop.ledger.resolveStep([
      { orderId, workflowId: `order/${orderId}/refund/1`, step: 'refundPayment', action: 'success' },
    ]);
    assert.deepEqual(await store.begin(batchId, 1), { take: 'settled', outcome: 'left_out' });
    assert.equal((await store.items({ batchId, limit: 1 }))[0]?.reason, 'not_parked');
    assert.equal(await store.finish(batchId), 'done');
  });

  it('leave out an order whose amount is another one than was confirmed', async () => {
    const { orderId, paymentIntentId } = await paidOrder(shop);
    const batchId = await plan('refund', [orderId]);
    await start(batchId, 1);
    await shop.pool.query('update payments set refunded = 300 where payment_intent_id = $1', [
      paymentIntentId,
    ]);
    await store.begin(batchId, 1);
    assert.equal((await store.items({ batchId, limit: 1 }))[0]?.reason, 'changed');
  });

  it('take a turn up again that was begun, and record its first result only', async () => {
    const { orderId } = await paidOrder(shop);
    await park(orderId);
    const batchId = await plan('retry', [orderId]);
    await start(batchId, 1);
    const first = await store.begin(batchId, 1);
    assert.equal(first.take, 'go');
    // The action has had its effect before the worker died.
    await shop.ledger.resolveStep([
      { orderId, workflowId: `order/${orderId}/refund/1`, step: 'refundPayment', action: 'success' },
    ]);
    assert.deepEqual(await store.next(batchId, 10), [1]);
    assert.deepEqual(await store.begin(batchId, 1), first);
    const settle = (outcome: 'done' | 'failed') => store.settle(batchId, 1, { outcome }, MAX_FAILURES_IN_ROW);
    assert.deepEqual([await settle('done'), await settle('failed')], [true, false]);
    assert.equal((await store.items({ batchId, limit: 1 }))[0]?.outcome, 'done');
  });

  it('stop after failures in a row, which a success interrupts', async () => {
    const orderIds: string[] = [];
    for (let n = 0; n < 7; n += 1) {
      const { orderId } = await paidOrder(shop);
      await park(orderId);
      orderIds.push(orderId);
    }
    const batchId = await plan('retry', orderIds);
    await start(batchId, 7);
    const state = async () => (await store.find(batchId))?.state;
    const results = ['failed', 'done', 'failed', 'failed', 'failed'] as const;
    for (const [index, outcome] of results.entries()) {
      await store.begin(batchId, index + 1);
      await store.settle(batchId, index + 1, { outcome }, 3);
      assert.equal(await state(), index === 4 ? 'stopping' : 'running');
    }
    assert.deepEqual(await store.begin(batchId, 6), { take: 'stop' });
    assert.deepEqual(await store.next(batchId, 10), []);
    assert.equal(await store.finish(batchId), 'stopped');
  });

  it('are stopped by their own client only', async () => {
    const { orderId } = await paidOrder(shop);
    const batchId = await plan('refund', [orderId]);
    await start(batchId, 1);
    assert.equal(await store.stop(batchId, { ...requester, clientId: 'somebody-else' }), undefined);
    assert.equal((await store.find(batchId))?.state, 'running');
    assert.equal(await store.stop(batchId, requester), 'stopping');
    assert.deepEqual(await store.begin(batchId, 1), { take: 'stop' });
  });

  it('take only orders whose step has failed for the cause that was chosen', async () => {
    const { orderId } = await paidOrder(shop);
    await park(orderId);
    const reasonFor = async (code: string) => {
      const batchId = batchIdOf(clientId, randomUUID());
      const batch = { batchId, requestedBy: requester, requestHash: '', action: 'retry' as const };
      await store.plan({ ...batch, step: 'refundPayment', code, source: { orderIds: 1 } }, [orderId]);
      return (await store.items({ batchId, limit: 1 }))[0]?.reason;
    };
    assert.deepEqual(
      [await reasonFor('RefundRefused'), await reasonFor('RefundReturned')],
      [undefined, 'not_parked'],
    );
  });

  it('are started again where their process has died in between, and stopped where their workflow was ended', async () => {
    const [never, ended, running] = await Promise.all(
      [1, 2, 3].map(async () => {
        const { orderId } = await paidOrder(shop);
        const batchId = await plan('refund', [orderId]);
        await start(batchId, 1);
        return batchId;
      }),
    );
    const started: string[] = [];
    const batches = {
      start: (batchId: string) => Promise.resolve(void started.push(batchId)),
      state: (batchId: string) =>
        Promise.resolve(
          batchId === never
            ? ('none' as const)
            : batchId === ended
              ? ('ended' as const)
              : ('running' as const),
        ),
    };
    await resumeBatches({ store, batches }, 0);
    assert.ok(started.includes(never ?? ''));
    assert.ok(!started.includes(running ?? ''));
    const found = await store.find(ended ?? '');
    assert.deepEqual([found?.state, found?.stopCause], ['stopped', 'workflow_ended']);
  });

  it('plan and start ten thousand orders in the time that a statement has', async () => {
    const { orderId } = await paidOrder(shop);
    const client = await shop.pool.connect();
    try {
      // A trigger checks the first status of an order, but for a repair.
      await client.query(`set checkout.repair = 'on'`);
      await client.query(
        `insert into orders (order_id, client_id, request_hash, status, currency, total, lines, customer_email, payment_method, created_at)
         select 'ord_' || lpad(n::text, 32, '0'), client_id, request_hash, status, currency, total, lines, customer_email, payment_method, created_at
           from orders, generate_series(1, 10000) n where order_id = $1`,
        [orderId],
      );
      await client.query(
        `insert into payments (order_id, attempt, payment_intent_id, status, currency, amount, captured)
         select order_id, 1, 'pi_' || order_id, 'succeeded', currency, total, total from orders where order_id like 'ord_0000%'`,
      );
    } finally {
      await client.query('reset checkout.repair');
      client.release();
    }
    const ids = await shop.reader.ids({ clientId, limit: 10_000 });
    assert.equal(ids.length, 10_000);
    const first = await plan('refund', ids);
    assert.equal(
      (await store.find(first))?.sums.counts?.reduce((sum, { count }) => sum + count, 0),
      10_000,
    );
    // The statistics of a shop at work: there are other batches, and none of this one.
    await shop.pool.query('analyze');
    const second = await plan('refund', ids);
    const { outcome, wouldGo = 0 } = await start(second, 1);
    assert.equal(outcome, 'miscounted');
    assert.ok(wouldGo > 9_900, String(wouldGo));
    assert.equal((await start(second, wouldGo)).outcome, 'started');
  });

  it('are deleted when they are old, and never while they run', async () => {
    const { orderId } = await paidOrder(shop);
    const [old, runs] = [await plan('refund', [orderId]), await plan('refund', [orderId])];
    await start(runs, 1);
    await shop.pool.query(
      `update batches set created_at = now() - interval '400 days' where batch_id = any($1)`,
      [[old, runs]],
    );
    const kinds = [{ kind: 'batches', keepMs: 365 * 86_400_000 } as const];
    await createDeleteExpired(shop.pool)({ limit: 500, everyMs: 0, kinds });
    assert.equal(await store.find(old), undefined);
    assert.equal((await store.find(runs))?.state, 'running');
  });

  it('are not deleted when somebody starts them at this moment', async () => {
    const { orderId } = await paidOrder(shop);
    const batchId = await plan('cancel', [orderId]);
    await shop.pool.query(`update batches set created_at = now() - interval '8 days' where batch_id = $1`, [
      batchId,
    ]);
    await shop.pool.query(`update retention_runs set next_run_at = '-infinity'`);
    const starting = await shop.pool.connect();
    try {
      await starting.query('begin');
      const asked = { clientId, wouldGo: 1, note: 'test', startedBy: requester };
      await starting.query('select start_batch($1, $2::jsonb)', [batchId, JSON.stringify(asked)]);
      const kinds = [{ kind: 'batches' as const, keepMs: 0 }];
      // It waits for nobody.
      await createDeleteExpired(shop.pool)({ limit: 500, everyMs: 0, kinds });
      await starting.query('commit');
    } finally {
      starting.release();
    }
    assert.equal((await store.find(batchId))?.state, 'running');
  });

  it('are all in the pages of their list, also those that were planned in the same millisecond', async () => {
    const own = { clientId: randomUUID(), keyId: 'test' };
    const ids: string[] = [];
    for (const microseconds of [100, 200, 300]) {
      const batchId = batchIdOf(own.clientId, randomUUID());
      const source = { orderIds: 0 };
      await store.plan({ batchId, requestedBy: own, requestHash: '', action: 'retry', source }, []);
      const at = `2026-01-02T03:04:05.000${microseconds}Z`;
      await shop.pool.query('update batches set created_at = $2 where batch_id = $1', [batchId, at]);
      ids.unshift(batchId);
    }
    const listed: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await store.list({ ...own, limit: 1, ...(after !== undefined && { after }) });
      after = page.at(-1)?.batchId;
      if (after === undefined) break;
      listed.push(after);
    }
    assert.deepEqual(listed, ids);
  });
});

describe('the turn of an order', () => {
  const turn = {
    batchId: 'bat_1',
    orderId: 'ord_1',
    clientId: 'shop',
    action: 'refund',
    note: 'why',
    startedBy: { clientId: 'shop', keyId: 'key' },
  } as const;
  const refusing = (error: Error) => ({
    orders: {
      cancel: () => Promise.reject(error),
      capture: () => Promise.reject(error),
      find: () => Promise.reject(error),
      refund: () => Promise.reject(error),
      resolveAttention: () => Promise.reject(error),
      review: () => Promise.reject(error),
    },
    reader: { operation: () => Promise.resolve(undefined), parked: () => Promise.resolve([]) },
    outagePauseMs: 1,
  });

  it('has the same key however often it is taken, and another one in another batch and for another order', async () => {
    const keys: (string | undefined)[] = [];
    const actors: (Actor | undefined)[] = [];
    const orders = {
      ...refusing(new Error('not called')).orders,
      resolveAttention({ key, actor }: ResolveAttentionCommand) {
        keys.push(key);
        actors.push(actor);
        return Promise.reject(new Problem('no_attention_needed', 'It is done'));
      },
    };
    const parts = { ...refusing(new Error('not called')), orders };
    const turns = [turn, turn, { ...turn, batchId: 'bat_2' }, { ...turn, orderId: 'ord_2' }];
    for (const each of turns) await runBatchTurn(parts, { ...each, action: 'retry', step: 'refundPayment' });
    const [first, again, ...others] = keys;
    assert.equal(again, first);
    assert.equal(new Set([first, ...others]).size, 3, keys.join());
    assert.deepEqual(
      actors[0],
      { type: 'client', id: 'shop', batchId: 'bat_1' },
      'the event names the batch',
    );
  });

  it('fails with the code of the problem, and without an address that somebody quotes', async () => {
    const problem = new Problem('not_refundable', 'The server refuses <ada@example.com>');
    assert.deepEqual(await runBatchTurn(refusing(problem), turn), {
      outcome: 'failed',
      reason: 'not_refundable',
      detail: 'The server refuses <•••>',
    });
  });

  it('is left out when its order has changed meanwhile', async () => {
    const problem = new Problem('too_late', 'It has shipped');
    assert.deepEqual(await runBatchTurn(refusing(problem), { ...turn, action: 'cancel' }), {
      outcome: 'left_out',
      reason: 'too_late',
    });
  });

  it('never rejects, whatever happens', async () => {
    assert.equal((await runBatchTurn(refusing(new TypeError('x')), turn)).reason, 'internal');
    const outage = Object.assign(new Error('down'), { code: 'ECONNREFUSED' });
    assert.equal((await runBatchTurn(refusing(outage), turn)).reason, 'unavailable');
  });
});
