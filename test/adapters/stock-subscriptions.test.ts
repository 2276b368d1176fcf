import assert from 'node:assert/strict';
import {
  createStockSubscriptions,
  type ClaimedSubscriptionMail,
  type StockSubscriptions,
} from '../../src/adapters/postgres/stock-subscriptions.ts';
import { waitFor } from '../../harness/wait-for.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { lockRow } from '../support/row-lock.ts';

const LEASE_MS = 60_000;

describe('back-in-stock subscriptions', function () {
  this.timeout(60_000);
  let shop: Shop;
  let subscriptions: StockSubscriptions;

  beforeEach(async () => {
    shop = await openShop();
    subscriptions = createStockSubscriptions(shop.pool);
    await put(0);
  });
  afterEach(() => shop.close());

  const put = (onHand: number, location = 'default') =>
    shop.catalogue.put('lamp', { title: 'Lamp', unitPrice: 900, currency: 'EUR', onHand, location });
  const add = (email: string, sku = 'lamp') => subscriptions.add({ clientId: 'shop', sku, email });
  async function sent(limit = 100): Promise<ClaimedSubscriptionMail[]> {
    const mails = await subscriptions.claimMails(limit, LEASE_MS);
    for (const mail of mails) await subscriptions.settleMail(mail, { sent: true });
    return mails;
  }
  async function confirmed(...emails: string[]): Promise<string[]> {
    for (const email of emails) await add(email);
    const mails = await sent();
    for (const { token } of mails) await subscriptions.change(token, 'confirm');
    return mails.map(({ token }) => token);
  }
  const notified = async (): Promise<string[]> => {
    await subscriptions.notify(1_000);
    return (await sent()).map(({ email }) => email);
  };
  /** Notifies from several processes, each of which has counted the pieces before the first can notify anybody. */
  async function notifyAtOnce(processes: number): Promise<number> {
    const sql = `select 1 from stock_subscriptions where status = $1 order by created_at limit 1 for update`;
    const lock = await lockRow(shop.url, sql, ['confirmed']);
    let ended = 0;
    const polls = Array.from({ length: processes }, async () => {
      const count = await subscriptions.notify(1_000);
      ended += 1;
      return count;
    });
    await waitFor('each of them waits for the subscription, or has ended', async () => {
      const [counted] = await rows<{ waiting: number }>(
        `select count(*)::int as waiting from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return ended + (counted?.waiting ?? 0) === processes;
    });
    await lock.release();
    return (await Promise.all(polls)).reduce((sum, count) => sum + count, 0);
  }
  const rows = async <T extends object>(text: string): Promise<T[]> => (await shop.pool.query<T>(text)).rows;

  it('send one mail to confirm, however often and in whichever case the address is subscribed', async () => {
    assert.equal(await add('ada@example.com'), true);
    assert.equal(await add('Ada@Example.com'), true);
    const [mail, ...more] = await sent();
    assert.deepEqual(more, []);
    assert.deepEqual(
      [mail?.kind, mail?.email, mail?.title],
      ['back_in_stock_confirm', 'ada@example.com', 'Lamp'],
    );
    await add('ada@example.com');
    assert.deepEqual(await sent(), []);
    await shop.pool.query(`update stock_subscriptions set mail_since = mail_since - interval '25 hours'`);
    await add('ada@example.com');
    assert.equal((await sent()).length, 1, 'once more after a day');
    assert.equal(await add('ada@example.com', 'no-such-item'), false);
  });

  it('do not flood an address that has confirmed nothing', async () => {
    for (let n = 0; n < 12; n += 1) {
      await shop.catalogue.put(`item-${n}`, { title: 'x', unitPrice: 1, currency: 'EUR', onHand: 0 });
      assert.equal(await add('victim@example.com', `item-${n}`), true);
    }
    assert.equal((await sent()).length, 5);
  });

  it('store the hash of each token only, and each mail has a token of its own', async () => {
    const [token = ''] = await confirmed('ada@example.com');
    assert.ok(Buffer.from(token, 'base64url').length >= 32);
    const tables = ['stock_subscriptions', 'stock_subscription_tokens'];
    for (const table of tables)
      assert.ok(!JSON.stringify(await rows(`select * from ${table}`)).includes(token));
    await put(1);
    await subscriptions.notify(10);
    const [mail] = await sent();
    assert.ok(mail && mail.token !== token);
    for (const each of [token, mail.token])
      assert.equal((await subscriptions.find(each))?.status, 'notified');
    assert.equal(await subscriptions.find('unknown'), undefined);
  });

  it('write to those who have confirmed, once, when the item can be bought again', async () => {
    await confirmed('ada@example.com');
    await add('unconfirmed@example.com');
    await sent();
    assert.deepEqual(await notified(), []);
    await put(3);
    assert.deepEqual(await notified(), ['ada@example.com']);
    await put(0);
    await put(3);
    assert.deepEqual(await notified(), []);
    await add('ada@example.com');
    assert.equal((await sent())[0]?.kind, 'back_in_stock_confirm', 'may subscribe again');
  });

  it('write to those first who have waited longest, five for each piece, and to the others when it is still there', async () => {
    const emails = Array.from({ length: 12 }, (_, n) => `a${String(n).padStart(2, '0')}@example.com`);
    await confirmed(...emails.slice(0, 5));
    await confirmed(...emails.slice(5, 10));
    await confirmed(...emails.slice(10));
    await put(1);
    assert.equal(await notifyAtOnce(5), 5, 'with several processes at once');
    assert.deepEqual((await sent()).map(({ email }) => email).sort(), emails.slice(0, 5));
    assert.deepEqual(await notified(), []);
    await put(2);
    assert.deepEqual((await notified()).sort(), emails.slice(5, 10), 'a second piece');
    await shop.pool.query(`update stock_subscriptions set notified_at = notified_at - interval '16 minutes'`);
    assert.deepEqual((await notified()).sort(), emails.slice(10));
  });

  it('count what can be bought: not the stock of an inactive location', async () => {
    await shop.pool.query(`insert into locations (location_id, name, active) values ('away', 'Away', false)`);
    await confirmed('ada@example.com');
    await put(5, 'away');
    assert.deepEqual(await notified(), []);
    await shop.pool.query(`update locations set active = true`);
    assert.deepEqual(await notified(), ['ada@example.com']);
  });

  it('end when the customer unsubscribes, also with a mail that was not sent yet', async () => {
    const [token = ''] = await confirmed('ada@example.com', 'bob@example.com');
    await put(5);
    await subscriptions.notify(10);
    assert.equal((await subscriptions.change(token, 'unsubscribe'))?.status, 'cancelled');
    assert.equal((await subscriptions.change(token, 'unsubscribe'))?.status, 'cancelled');
    assert.equal((await subscriptions.change(token, 'confirm'))?.status, 'cancelled');
    assert.deepEqual(
      (await sent()).map(({ email }) => email),
      ['bob@example.com'],
    );
  });

  it('claim each mail for one process, and again when the claim has expired', async () => {
    await add('ada@example.com');
    const claims = await Promise.all(Array.from({ length: 5 }, () => subscriptions.claimMails(10, LEASE_MS)));
    const [mail, ...more] = claims.flat();
    assert.ok(mail);
    assert.deepEqual(more, []);
    await subscriptions.settleMail(mail, { sent: false, error: '421', retryInMs: 0 });
    const [again] = await subscriptions.claimMails(10, LEASE_MS);
    assert.equal(again?.attempts, 2);
    await subscriptions.settleMail(mail, { sent: false, error: '550' });
    assert.deepEqual(await subscriptions.claimMails(10, LEASE_MS), []);
    assert.deepEqual(await rows('select mail_error, status from stock_subscriptions'), [
      { mail_error: '550', status: 'requested' },
    ]);
  });
});
