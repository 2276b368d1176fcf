import assert from 'node:assert/strict';
import { createSignInAttempts } from '../../src/adapters/postgres/sign-in-attempts.ts';
import { createPool } from '../../src/adapters/postgres/pool.ts';
import { openShop, type Shop } from '../support/postgres.ts';

describe('attempts to sign in', function () {
  this.timeout(120_000);
  let shop: Shop;
  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());

  const limit = { max: 3, windowMs: 60_000 };

  it('are counted by all processes together, also at the same time', async () => {
    const other = createPool({ url: shop.url });
    const [first, second] = [shop.pool, other].map((pool) => createSignInAttempts(pool, limit));
    assert.ok(first && second);
    const waits = await Promise.all(
      Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? first : second).begin('192.0.2.1')),
    );
    assert.equal(waits.filter((wait) => wait === 0).length, 3);
    assert.ok(waits.every((wait) => wait === 0 || (wait > 50_000 && wait <= 60_000)));
    await other.end();
  });

  it('do not count when they did not fail', async () => {
    const attempts = createSignInAttempts(shop.pool, limit);
    for (let n = 0; n < 5; n += 1) {
      assert.equal(await attempts.begin('192.0.2.2'), 0);
      await attempts.forgive('192.0.2.2');
    }
    await attempts.forgive('192.0.2.99');
  });

  it('are forgotten after the window, and their rows are deleted by later ones', async () => {
    const attempts = createSignInAttempts(shop.pool, limit);
    for (let n = 0; n < 4; n += 1) await attempts.begin('192.0.2.3');
    assert.ok((await attempts.begin('192.0.2.3')) > 0);
    await shop.pool.query(
      `update sign_in_attempts set expires_at = now() - interval '1 second',
              attempts = array(select at - interval '61 seconds' from unnest(attempts) at)`,
    );
    assert.equal(await attempts.begin('192.0.2.3'), 0);
    const { rows } = await shop.pool.query<{ source: string }>('select source from sign_in_attempts');
    assert.equal(rows.length, 1);
    assert.ok(!JSON.stringify(rows).includes('192.0.2'), 'addresses are not stored');
  });
});
