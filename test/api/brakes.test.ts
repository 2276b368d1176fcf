import assert from 'node:assert/strict';
import { SCOPES, DEVELOPMENT_CLIENT } from '../../src/api/lib/api-keys.ts';
import type { Api } from '../../src/api/lib/types.ts';
import type { LogEntry } from '../../src/contracts/http/board.ts';
import type { BrakeRequest, BrakeView } from '../../src/contracts/http/brakes.ts';
import { line, orderRequest } from '../../harness/orders.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { lockRow } from '../support/row-lock.ts';
import { getting, newKey, orderOf, placing, problemOf, sending } from '../support/api/requests.ts';

/** A brake is known to another process within a second. Here other tests may keep the machine busy. Milliseconds. */
const EVERYWHERE_WITHIN_MS = 15_000;

describe('brakes', function () {
  this.timeout(120_000);
  let stage: Stage;
  let other: Api;
  before(async () => {
    stage = await openStage();
    other = await stage.another();
    await stage.shop.catalogue.put('cup-01', { title: 'Cup', unitPrice: 900, currency: 'EUR', onHand: 100 });
  });
  after(() => stage.close());
  afterEach(async () => {
    for (const { brakeId } of await brakesThatAre('on')) await release(brakeId);
  });

  async function set(body: Partial<BrakeRequest>, app = stage.app): Promise<BrakeView> {
    const answer = await app.inject(sending('POST', '/v1/brakes', { reason: 'Prices are wrong', ...body }));
    assert.equal(answer.statusCode, 201, answer.body);
    return answer.json<BrakeView>();
  }

  const release = (brakeId: number, reason = 'Prices are right') =>
    stage.app.inject(sending('POST', `/v1/brakes/${brakeId}/release`, { reason }));

  const brakesThatAre = async (state: 'on' | 'released'): Promise<BrakeView[]> =>
    (await stage.app.inject(getting(`/v1/brakes?state=${state}`))).json<{ data: BrakeView[] }>().data;

  const statusAt = async (app: Api, request = placing(orderRequest())): Promise<number> =>
    (await app.inject(request)).statusCode;

  /** Waits until a new order has this answer there. */
  const untilAnswered = (app: Api, status: number, withinMs: number): Promise<void> =>
    waitUntilPasses(async () => {
      assert.equal(await statusAt(app), status);
    }, withinMs);

  /** A process that has lost its connection in the test before keeps the brake of that test until it is connected again. */
  const untilKnown = (brakeId: number): Promise<void> =>
    waitUntilPasses(() => {
      assert.deepEqual(
        stage.brakes.all().map((brake) => brake.brakeId),
        [brakeId],
      );
    }, 5_000);

  it('on the intake refuse new orders in every process, and say when to come again but not why', async () => {
    await set({ kind: 'intake' });
    const refused = await stage.app.inject(placing(orderRequest()));
    assert.deepEqual([refused.statusCode, problemOf(refused).code], [503, 'intake_paused']);
    assert.equal(refused.headers['retry-after'], '30');
    assert.ok(!refused.body.includes('Prices are wrong'));
    await untilAnswered(other, 503, EVERYWHERE_WITHIN_MS);
  });

  it('on the intake answer the repeat of an order that exists, and leave everything else going', async () => {
    const key = newKey();
    const body = orderRequest();
    const placed = orderOf(await stage.app.inject(placing(body, { 'idempotency-key': key })));
    await set({ kind: 'intake', target: 'http' });
    const repeated = await stage.app.inject(placing(body, { 'idempotency-key': key }));
    assert.deepEqual([repeated.statusCode, orderOf(repeated).orderId], [202, placed.orderId]);
    const changed = orderRequest({ lines: [line('mug-01', 9)] });
    assert.equal(await statusAt(stage.app, placing(changed, { 'idempotency-key': key })), 422);
    assert.equal(await statusAt(stage.app, getting(`/v1/orders/${placed.orderId}`)), 200);
    const item = { title: 'Jug', unitPrice: 100, currency: 'EUR', onHand: 1 };
    assert.equal(await statusAt(stage.app, sending('PUT', '/v1/stock/jug-01', item)), 200);
  });

  it('on the intake of another way leave orders by HTTP alone', async () => {
    await set({ kind: 'intake', target: 'kafka' });
    await set({ kind: 'intake', target: '/storefront' });
    assert.equal(await statusAt(stage.app), 202);
  });

  it('on an item refuse new orders of it with its line, and of nothing else', async () => {
    await set({ kind: 'sku', target: 'cup-01' });
    const both = orderRequest({ lines: [line('mug-01', 1), line('cup-01', 1)] });
    const problem = problemOf(await stage.app.inject(placing(both)));
    assert.deepEqual(
      [problem.status, problem.code, problem.errors],
      [409, 'sku_paused', [{ field: 'lines[1].sku', message: 'cup-01 is paused' }]],
    );
    assert.equal(await statusAt(stage.app), 202);
  });

  it('end with their release, everywhere, and keep who, when and why', async () => {
    const { brakeId, setAt } = await set({ kind: 'intake' });
    await untilAnswered(other, 503, EVERYWHERE_WITHIN_MS);
    const released = await release(brakeId, 'All is well');
    assert.equal(released.statusCode, 200, released.body);
    assert.equal(await statusAt(stage.app), 202);
    await untilAnswered(other, 202, EVERYWHERE_WITHIN_MS);
    const [past] = await brakesThatAre('released');
    const by = { type: 'client', id: DEVELOPMENT_CLIENT };
    assert.deepEqual(
      { ...past, releasedAt: typeof past?.releasedAt, affected: undefined },
      {
        brakeId,
        kind: 'intake',
        target: 'all',
        reason: 'Prices are wrong',
        setAt,
        setBy: by,
        releasedAt: 'string',
        releasedBy: by,
        releaseReason: 'All is well',
        affected: undefined,
      },
    );
    const log = await stage.app.inject(getting('/v1/log?limit=2'));
    assert.deepEqual(
      log.json<{ data: LogEntry[] }>().data.map(({ action, object, reason }) => [action, object, reason]),
      [
        ['brake_released', { type: 'brake', id: String(brakeId) }, 'All is well'],
        ['brake_set', { type: 'brake', id: String(brakeId) }, 'Prices are wrong'],
      ],
    );
  });

  it('take effect although their notification is lost', async () => {
    const { pool } = stage.shop;
    await pool.query('alter table brakes disable trigger notify_of_brake');
    try {
      const { brakeId } = await set({ kind: 'intake' });
      await untilAnswered(other, 503, EVERYWHERE_WITHIN_MS);
      await release(brakeId);
      await untilAnswered(other, 202, EVERYWHERE_WITHIN_MS);
    } finally {
      await pool.query('alter table brakes enable trigger notify_of_brake');
    }
  });

  it('are known to a process before its first order', async () => {
    await set({ kind: 'intake' });
    assert.equal(await statusAt(await stage.another()), 503);
  });

  it('stay as they are when their connection to PostgreSQL is lost, and are read anew', async () => {
    const { brakeId } = await set({ kind: 'intake' });
    await untilAnswered(other, 503, EVERYWHERE_WITHIN_MS);
    await stage.shop.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'durable-checkout brakes' and datname = current_database()`,
    );
    assert.equal(await statusAt(other), 503);
    await release(brakeId);
    await untilAnswered(other, 202, EVERYWHERE_WITHIN_MS);
  });

  it('count what they refuse, over all processes', async () => {
    const { brakeId } = await set({ kind: 'intake' });
    await untilAnswered(other, 503, EVERYWHERE_WITHIN_MS);
    await untilKnown(brakeId);
    await waitUntilPasses(async () => {
      const [on] = await brakesThatAre('on');
      assert.ok((on?.affected ?? 0) > 0);
    });
    const before = (await brakesThatAre('on'))[0]?.affected ?? 0;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? stage.app : other).inject(placing(orderRequest())),
      ),
    );
    assert.deepEqual(new Set(answers.map((answer) => problemOf(answer).code)), new Set(['intake_paused']));
    await waitUntilPasses(async () => {
      const [on] = await brakesThatAre('on');
      assert.deepEqual([on?.brakeId, (on?.affected ?? 0) - before], [brakeId, 20]);
    }, 20_000);
  });

  it('lose no count that comes while the counts are written', async () => {
    const { brakeId } = await set({ kind: 'intake' });
    await untilKnown(brakeId);
    const lock = await lockRow(stage.shop.url, 'select from brakes where brake_id = $1 for update', [
      String(brakeId),
    ]);
    try {
      assert.equal(await statusAt(stage.app), 503);
      await lock.isWaitedFor();
      for (let n = 0; n < 3; n += 1) assert.equal(await statusAt(stage.app), 503);
    } finally {
      await lock.release();
    }
    await waitUntilPasses(async () => {
      assert.equal((await brakesThatAre('on'))[0]?.affected, 4);
    }, 10_000);
  });

  it('are set once and released once, however often that is repeated, also at the same time', async () => {
    const body = { kind: 'sku', target: 'cup-01', reason: 'Recalled' };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => stage.app.inject(sending('POST', '/v1/brakes', body))),
    );
    assert.deepEqual(answers.map(({ statusCode }) => statusCode).sort(), [
      ...Array.from({ length: 9 }, () => 200),
      201,
    ]);
    const [brakeId = 0, ...others] = new Set(answers.map((answer) => answer.json<BrakeView>().brakeId));
    assert.deepEqual(others, []);
    const releases = await Promise.all(['one', 'two', 'three'].map((reason) => release(brakeId, reason)));
    assert.deepEqual(
      releases.map(({ statusCode }) => statusCode),
      [200, 200, 200],
    );
    assert.equal(new Set(releases.map((answer) => answer.json<BrakeView>().releaseReason)).size, 1);
  });

  it('need a reason, an item that exists, and a name that is spelled right', async () => {
    const cases: [object, number][] = [
      [{ kind: 'intake' }, 400],
      [{ kind: 'intake', reason: '   ' }, 400],
      [{ kind: 'intake', target: 'RabbitMQ', reason: 'x' }, 400],
      [{ kind: 'provider', target: 'paypal', reason: 'x' }, 400],
      [{ kind: 'sku', reason: 'x' }, 400],
      [{ kind: 'sku', target: 'nothing-like-it', reason: 'x' }, 404],
    ];
    for (const [body, status] of cases)
      assert.equal(
        await statusAt(stage.app, sending('POST', '/v1/brakes', body)),
        status,
        JSON.stringify(body),
      );
    assert.equal((await release(999_999)).statusCode, 404);
    assert.deepEqual(await brakesThatAre('on'), []);
  });

  it('keep their history: the database refuses every other change', async () => {
    const { brakeId } = await set({ kind: 'sku', target: 'cup-01' });
    await release(brakeId);
    const { pool } = stage.shop;
    for (const change of [
      `update brakes set reason = 'none' where brake_id = ${brakeId}`,
      `update brakes set released_at = null, release_reason = null where brake_id = ${brakeId}`,
      `update brakes set affected = affected - 1 where brake_id = ${brakeId}`,
      `delete from brakes where brake_id = ${brakeId}`,
    ])
      await assert.rejects(pool.query(change), /brakes are a history/, change);
  });

  it('need the scopes brakes:read and brakes:write', async () => {
    const scopes = new Set(SCOPES.filter((scope) => scope !== 'brakes:write'));
    const client = { keyId: 'k', clientId: DEVELOPMENT_CLIENT, scopes };
    const app = await stage.another({ apiKeys: { find: () => client, findByHash: () => client } });
    assert.equal(await statusAt(app, getting('/v1/brakes')), 200);
    const body = { kind: 'intake', reason: 'x' };
    assert.equal(await statusAt(app, sending('POST', '/v1/brakes', body)), 403);
    scopes.delete('brakes:read');
    assert.equal(await statusAt(app, getting('/v1/brakes')), 403);
  });
});
