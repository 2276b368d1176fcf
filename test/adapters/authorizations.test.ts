import assert from 'node:assert/strict';
import { createAuthorizations, type Authorizations } from '../../src/adapters/postgres/authorizations.ts';
import { authorizedOrder, eventsOf } from '../support/paid-orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PAGE = 100;
const inTime = (ms: number): string => new Date(Date.now() + ms).toISOString();
const long = new Date(Date.now() - 10 * DAY_MS);

describe('authorisations that end', function () {
  this.timeout(120_000);
  let shop: Shop;
  let authorizations: Authorizations;

  before(async () => {
    shop = await openShop();
    authorizations = createAuthorizations(shop.pool);
  });
  beforeEach(async () => {
    await shop.pool.query('update payments set capture_before = null');
    await authorizations.showEnding(DAY_MS, PAGE);
  });
  after(() => shop.close());

  async function endingIn(ms: number): Promise<string> {
    const { orderId } = await authorizedOrder(shop);
    await endsIn(orderId, ms);
    return orderId;
  }
  const endsIn = (orderId: string, ms: number) =>
    shop.pool.query('update payments set capture_before = $2 where order_id = $1', [orderId, inTime(ms)]);
  const attentionOf = async (orderId: string) =>
    (await shop.reader.parked(orderId)).map(({ step, deadline, actions }) => ({ step, deadline, actions }));
  const attentionEventsOf = async (orderId: string) =>
    (await eventsOf(shop, orderId)).filter((type) => type.startsWith('attention'));
  const show = (leadMs = DAY_MS) => authorizations.showEnding(leadMs, PAGE);

  describe('soon', () => {
    it('are shown until when their money has to be captured, once for each authorisation', async () => {
      const orderId = await endingIn(23 * HOUR_MS);
      assert.equal(await show(), 1);
      assert.equal(await show(), 0);
      const [attention, ...others] = await attentionOf(orderId);
      assert.deepEqual(others, []);
      assert.deepEqual([attention?.step, attention?.actions], ['captureAuthorization', ['retry']]);
      assert.ok(Math.abs(Date.parse(attention?.deadline ?? '') - Date.now() - 23 * HOUR_MS) < 60_000);
      assert.deepEqual(await attentionEventsOf(orderId), ['attention_raised']);
    });

    it('are not shown before', async () => {
      const orderId = await endingIn(25 * HOUR_MS);
      assert.equal(await show(), 0);
      assert.equal(await show(26 * HOUR_MS), 1);
      assert.equal((await attentionOf(orderId)).length, 1);
    });

    it('are shown anew when they are made again, and not any more when that ends later', async () => {
      const orderId = await endingIn(HOUR_MS);
      await show();
      await endsIn(orderId, 2 * HOUR_MS);
      assert.equal(await show(), 1);
      assert.equal((await attentionOf(orderId)).length, 1);
      await endsIn(orderId, 7 * DAY_MS);
      assert.equal(await show(), 1);
      assert.deepEqual(await attentionOf(orderId), []);
      assert.deepEqual(await attentionEventsOf(orderId), [
        ...['attention_raised', 'attention_cleared', 'attention_raised', 'attention_cleared'],
      ]);
    });

    it('are not shown any more when their money is captured', async () => {
      const orderId = await endingIn(HOUR_MS);
      await show();
      const captureId = `${orderId}/capture/1`;
      await shop.ledger.beginCapture([{ captureId, orderId, requestHash: 'one' }]);
      const payment = { attempt: 1, captured: 1_000, capturable: 0 };
      await shop.ledger.finishCapture([{ captureId, orderId, status: 'succeeded', payment }]);
      assert.equal(await show(), 1);
      assert.deepEqual(await attentionOf(orderId), []);
    });

    it('are not shown for orders that are cancelled, or of which nothing is left to capture', async () => {
      const cancelling = await endingIn(HOUR_MS);
      await shop.ledger.beginCancellation([{ orderId: cancelling, reason: 'one' }]);
      const withoutLines = await endingIn(HOUR_MS);
      await shop.pool.query('select ensure_order_lines(array[$1])', [withoutLines]);
      await shop.pool.query('update order_lines set uncaptured_amount = amount where order_id = $1', [
        withoutLines,
      ]);
      assert.equal(await show(), 0);
    });

    it('are shown page by page', async () => {
      for (let n = 0; n < 3; n += 1) await endingIn(HOUR_MS);
      assert.equal(await authorizations.showEnding(DAY_MS, 2), 2);
      assert.equal(await authorizations.showEnding(DAY_MS, 2), 1);
      assert.equal(await authorizations.showEnding(DAY_MS, 2), 0);
    });
  });

  describe('and still hold money', () => {
    const overdue = (since: Date, afterOrderId?: string, limit = PAGE) =>
      authorizations.overdue(since, 60_000, limit, afterOrderId);
    const ago = (ms: number) => new Date(Date.now() - ms);

    it('are returned in the sweep after their end, and once an hour from then on', async () => {
      const orderId = await endingIn(-10 * 60_000);
      assert.deepEqual(await overdue(ago(15 * 60_000)), [{ orderId, paymentIntentId: `pi_${orderId}` }]);
      assert.deepEqual(await overdue(ago(30_000)), []);
      await endsIn(orderId, -(HOUR_MS + 70_000));
      assert.equal((await overdue(ago(30_000))).length, 1);
    });

    it('are not returned before the provider has had time to end them, nor without money', async () => {
      await endingIn(-30_000);
      const { orderId } = await authorizedOrder(shop);
      await endsIn(orderId, -DAY_MS);
      await shop.pool.query('update payments set capturable = 0 where order_id = $1', [orderId]);
      assert.deepEqual(await overdue(long), []);
    });

    it('are returned page by page', async () => {
      const orderIds: string[] = [];
      for (let n = 0; n < 3; n += 1) orderIds.push(await endingIn(-HOUR_MS / 2));
      orderIds.sort();
      const idsOf = (payments: { orderId: string }[]) => payments.map(({ orderId }) => orderId);
      assert.deepEqual(idsOf(await overdue(long, undefined, 2)), orderIds.slice(0, 2));
      assert.deepEqual(idsOf(await overdue(long, orderIds[1], 2)), orderIds.slice(2));
    });
  });
});
