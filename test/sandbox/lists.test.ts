import assert from 'node:assert/strict';
import { failure, payment, TestSandbox } from '../support/sandbox/sandbox.ts';

describe('sandbox: lists and search', () => {
  const sandbox = new TestSandbox();
  const ids: string[] = [];
  before(async () => {
    await sandbox.start();
    for (let n = 0; n < 7; n++) {
      const method = n % 2 === 0 ? 'pm_card_visa' : 'pm_card_authenticationRequired';
      const { id } = await sandbox.stripe.paymentIntents.create(
        payment({
          amount: 100 + n,
          payment_method: method,
          metadata: { order_id: `order ${n % 3}`, "it's": 'a "quote"' },
        }),
      );
      ids.unshift(id);
    }
  });
  after(() => sandbox.remove());

  it('a list has pages, newest first, by both cursors', async () => {
    const { paymentIntents } = sandbox.stripe;
    const first = await paymentIntents.list({ limit: 3 });
    assert.deepEqual(
      first.data.map(({ id }) => id),
      ids.slice(0, 3),
    );
    assert.equal(first.has_more, true);
    const next = await paymentIntents.list({ limit: 3, starting_after: ids[2] ?? '' });
    assert.deepEqual(
      next.data.map(({ id }) => id),
      ids.slice(3, 6),
    );
    const back = await paymentIntents.list({ limit: 2, ending_before: ids[3] ?? '' });
    assert.deepEqual(
      back.data.map(({ id }) => id),
      ids.slice(1, 3),
    );
    assert.equal(back.has_more, true);
    const last = await paymentIntents.list({ limit: 3, starting_after: ids[5] ?? '' });
    assert.equal(last.has_more, false);
  });

  it("the client's auto-pagination returns every object once", async () => {
    const seen: string[] = [];
    for await (const { id } of sandbox.stripe.paymentIntents.list({ limit: 2 })) seen.push(id);
    assert.deepEqual(seen, ids);
  });

  it('a list is filtered by the time of creation', async () => {
    const now = Math.floor(Date.now() / 1000);
    const { paymentIntents } = sandbox.stripe;
    assert.equal((await paymentIntents.list({ created: { gte: now - 60, lt: now + 60 } })).data.length, 7);
    assert.equal((await paymentIntents.list({ created: { gt: now + 60 } })).data.length, 0);
    assert.equal((await paymentIntents.list({ created: { lte: now - 60 } })).data.length, 0);
  });

  describe('with a simulated account', () => {
    const large = new TestSandbox();
    const own = (n: number): string => `ord_simulated${String(n).padStart(23, '0')}`;
    before(async () => {
      await large.start();
      await large.control('POST', '/account', { payments: 1_000_000, others: 9_000_000, missing: [999_999] });
    });
    after(() => large.remove());

    it('a list goes through ten million payments from any of them, newest first', async () => {
      const { paymentIntents } = large.stripe;
      const { id: newest } = await paymentIntents.create(payment({ amount: 700 }));
      const first = await paymentIntents.list({ limit: 100 });
      assert.deepEqual(
        first.data.slice(0, 3).map(({ id }) => id),
        [newest, `pi_${own(1_000_000)}`, 'pi_other9999998'],
      );
      assert.ok(first.data.every(({ id }) => id !== `pi_${own(999_999)}`));
      const middle = await paymentIntents.list({ limit: 10, starting_after: `pi_${own(500_000)}` });
      assert.equal(middle.data.filter(({ metadata }) => metadata['order_id'] === own(499_999)).length, 1);
      const oldest = await paymentIntents.list({ limit: 100, starting_after: 'pi_other5' });
      assert.deepEqual([oldest.data.length, oldest.has_more], [5, false]);
    });

    it('a payment can be found, and refunded, which it then shows in its place', async () => {
      const { paymentIntents, refunds } = large.stripe;
      const id = `pi_${own(700_000)}`;
      assert.deepEqual((await paymentIntents.retrieve(id)).metadata, {
        order_id: own(700_000),
        attempt: '1',
      });
      await refunds.create({ payment_intent: id, amount: 400 });
      assert.equal((await refunds.list({ payment_intent: id })).data[0]?.amount, 400);
      const { data } = await paymentIntents.search({ query: `metadata['order_id']:'${own(700_000)}'` });
      assert.deepEqual(
        data.map((each) => each.id),
        [id],
      );
      const after = await paymentIntents.list({ limit: 10, ending_before: 'pi_other6999991' });
      assert.equal(after.data.filter((each) => each.id === id).length, 1);
      for (const unknown of [own(999_999), own(1_000_001), own(0), 'other10000000', 'otherx'])
        assert.equal((await failure(paymentIntents.retrieve(`pi_${unknown}`))).code, 'resource_missing');
    });

    it('a list of recent payments does not go through all others', async () => {
      const since = Math.floor(Date.now() / 1000) - 1;
      const started = performance.now();
      await large.stripe.paymentIntents.list({ created: { gte: since } });
      assert.ok(performance.now() - started < 500);
    });
  });

  it('a list contains expanded objects', async () => {
    const { data } = await sandbox.stripe.paymentIntents.list({ limit: 1, expand: ['data.latest_charge'] });
    assert(typeof data[0]?.latest_charge === 'object');
    const error = await failure(sandbox.stripe.paymentIntents.list({ expand: ['data.nonsense'] }));
    assert.equal(error.statusCode, 400);
  });

  it('a search finds the payments of an order', async () => {
    const { data } = await sandbox.stripe.paymentIntents.search({ query: "metadata['order_id']:'order 1'" });
    assert.deepEqual(
      data.map(({ id }) => id),
      [ids[2], ids[5]],
    );
    const none = await sandbox.stripe.paymentIntents.search({ query: "metadata['order_id']:'order 9'" });
    assert.deepEqual(none.data, []);
  });

  for (const [query, count] of [
    [`metadata["order_id"]:"order 0" AND status:'succeeded'`, 2],
    [`status:"requires_action"`, 3],
    [`-status:'succeeded' AND amount>101`, 2],
    [`metadata["it's"]:'a "quote"' AND currency:'eur'`, 7],
    [`metadata['it\\'s']:"a \\"quote\\""`, 7],
    [`amount:100 OR amount:106`, 2],
    [`metadata['order_id']~'order'`, 7],
  ] as const) {
    it(`the query ${query} finds ${count}`, async () => {
      const found = await sandbox.stripe.paymentIntents.search({ query, limit: 100 });
      assert.equal(found.data.length, count);
    });
  }

  for (const query of [
    "metadata['order_id']:'order 1",
    'nonsense',
    "colour:'red'",
    "status:'a' AND",
    "status:'a' AND amount>1 OR amount<1",
  ]) {
    it(`the query ${query} is refused`, async () => {
      assert.equal((await failure(sandbox.stripe.paymentIntents.search({ query }))).statusCode, 400);
    });
  }

  it('a search has pages', async () => {
    const seen: string[] = [];
    for await (const { id } of sandbox.stripe.paymentIntents.search({ query: "currency:'eur'", limit: 3 }))
      seen.push(id);
    assert.deepEqual(seen, ids);
  });
});
