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
