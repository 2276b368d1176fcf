import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { line } from '../../../harness/orders.ts';
import { waitUntilPasses } from '../../../harness/wait-for.ts';
import type { Address, OrderView } from '../../../src/contracts/http/order.ts';
import { openStage, type BoardStage } from '../../support/browser/stage.ts';

const SHIPPING: Address = {
  name: 'Ada Lovelace',
  line1: '1 High St',
  city: 'Berlin',
  postalCode: '10115',
  country: 'DE',
};

/** Each dialog of an order does at the server what its button says, with the quantities and the amount that were typed, and nothing else. */
describe('the actions on the page of an order', function () {
  this.timeout(180_000);
  let stage: BoardStage;

  before(async () => {
    stage = await openStage({ PAYMENT_CAPTURE: 'later', FULFILMENT: 'warehouse' });
  });
  afterEach(function () {
    return stage.afterTest(this.currentTest);
  });
  after(() => stage.stop());

  /** A paid order of pieces at 10.00 EUR of an item of its own, of which there were ten, and its page. */
  async function opened(
    pieces: number,
    { captured = false, shipping = true } = {},
  ): Promise<{ page: Page; order: OrderView }> {
    const { shop } = stage.system;
    const lines = [line(await shop.createItem(10, 1_000), pieces)];
    const order = await shop.place({ lines, ...(shipping && { shipping: SHIPPING }) }, { wait: 30 });
    if (captured) await shop.captureOrder(order.orderId, {}, `capture-${order.orderId}`);
    const board = await stage.signedIn();
    await board.open(`/board/orders/${order.orderId}`);
    return { page: board.page, order };
  }

  /** Waits until the server says this of the order. */
  const becomes = (orderId: string, check: (order: OrderView) => void): Promise<void> =>
    waitUntilPasses(async () => {
      check(await stage.system.shop.getOrder(orderId));
    }, 30_000);

  /** Fills in the fields of the dialog that is open, and does what its button says. The dialog closes when the server has agreed. */
  async function confirm(page: Page, verb: string, fields: Readonly<Record<string, string>> = {}) {
    const dialog = page.getByRole('dialog');
    for (const [label, value] of Object.entries(fields))
      await dialog.getByLabel(label, { exact: label !== 'Note' }).fill(value);
    await dialog.getByRole('button', { name: verb, exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  }
  const click = (page: Page, name: string): Promise<void> =>
    page.getByRole('button', { name }).first().click();
  async function choose(page: Page, name: string): Promise<void> {
    await click(page, 'More actions');
    await page.getByRole('menuitem', { name }).click();
  }

  it('capture what was typed, and what is left as the last capture', async () => {
    const { page, order } = await opened(3);
    await click(page, 'Capture…');
    await page.getByText('20.00 EUR stays held.').waitFor({ state: 'detached' });
    await page.getByRole('dialog').getByLabel('Amount in EUR').fill('10.00');
    await page.getByText('20.00 EUR stays held.').waitFor();
    await confirm(page, 'Capture 10.00 EUR');
    await becomes(order.orderId, ({ payment }) => {
      assert.deepEqual([payment.captured, payment.capturable], [1_000, 2_000]);
    });
    await page.getByText('10.00 of 30.00 EUR captured').waitFor();
    await page.locator('tr', { hasText: 'Held on the card' }).getByText('20.00').waitFor();

    await click(page, 'Capture…');
    await page.getByRole('dialog').getByLabel('Amount in EUR').fill('5.00');
    await page.getByLabel('This is the last capture: release the rest').check();
    await page.getByText('15.00 EUR is released').waitFor();
    await confirm(page, 'Capture 5.00 EUR');
    await becomes(order.orderId, ({ payment }) => {
      assert.deepEqual([payment.captured, payment.capturable], [1_500, 0]);
    });
    await page.getByRole('button', { name: 'Capture…' }).waitFor({ state: 'detached' });
  });

  it('refund pieces that can be sold again, and then an amount, each with its reason', async () => {
    const { page, order } = await opened(3, { captured: true, shipping: false });
    const sku = order.lines[0]?.sku ?? '';
    const { available } = await stage.system.shop.getStock(sku);
    await click(page, 'Refund…');
    await page.getByLabel('Pieces', { exact: true }).check();
    await page.getByLabel('The pieces can be sold again').check();
    await confirm(page, 'Refund 1 piece', { [`Refund, ${sku}`]: '1', Note: 'came back broken' });
    await becomes(order.orderId, ({ payment, refunds }) => {
      assert.equal(payment.refunded, 1_000);
      assert.deepEqual([refunds[0]?.amount, refunds[0]?.reason], [1_000, 'came back broken']);
    });
    assert.equal((await stage.system.shop.getStock(sku)).available, available + 1);

    await click(page, 'Refund…');
    await page.getByText('At most 20.00 EUR is left.').waitFor();
    await confirm(page, 'Refund 2.50 EUR', { 'Amount in EUR': '2.50', Note: 'scratched' });
    await becomes(order.orderId, ({ payment }) => {
      assert.equal(payment.refunded, 1_250);
    });
    assert.equal(
      (await stage.system.shop.getStock(sku)).available,
      available + 1,
      'money alone moves no stock',
    );
  });

  it('cancel some pieces, and then the rest of the order, with the reason', async () => {
    const { page, order } = await opened(3);
    const sku = order.lines[0]?.sku ?? '';
    await click(page, 'Cancel…');
    await confirm(page, 'Cancel 1 piece', { [`Cancel, ${sku}`]: '1', Note: 'one is enough less' });
    await becomes(order.orderId, ({ status, lines }) => {
      assert.deepEqual([status, lines[0]?.cancelled], ['paid', 1]);
    });
    await page.getByText('1 cancelled').filter({ visible: true }).first().waitFor();
    await click(page, 'Cancel…');
    await confirm(page, 'Cancel the order', { Note: 'changed their mind' });
    await becomes(order.orderId, ({ status, reason }) => {
      assert.deepEqual([status, reason], ['cancelled', 'changed their mind']);
    });
    assert.equal((await stage.system.shop.getStock(sku)).available, 10);
  });

  it('change the address, report the parcel as handed over and as delivered, and take a piece of it back', async () => {
    const { page, order } = await opened(2);
    const { shop } = stage.system;
    const shipment = async () => (await shop.shipmentsOf(order.orderId))[0]?.status;
    const reaches = (status: string) =>
      waitUntilPasses(async () => {
        assert.equal(await shipment(), status);
      }, 30_000);
    await choose(page, 'Change the address…');
    const address = {
      Name: 'Grace Hopper',
      'Street and number': '2 Low St',
      'Postal code': '20095',
      City: 'Hamburg',
    };
    await confirm(page, 'Change the address', address);
    await becomes(order.orderId, ({ shipping }) => {
      assert.deepEqual(shipping, {
        name: 'Grace Hopper',
        line1: '2 Low St',
        postalCode: '20095',
        city: 'Hamburg',
        country: 'DE',
      });
    });

    await choose(page, 'Report a hand-over…');
    await confirm(page, 'Report 2 pieces', { Carrier: 'Own courier', 'Tracking code': 'OWN-1' });
    await reaches('handed_over');
    const [sent] = await shop.shipmentsOf(order.orderId);
    assert.deepEqual(
      [sent?.carrier, sent?.trackingCode, sent?.lines.map(({ line: n, quantity }) => [n, quantity])],
      ['Own courier', 'OWN-1', [[1, 2]]],
    );
    await click(page, 'Delivered…');
    await confirm(page, 'Record shipment 1 as delivered');
    await reaches('delivered');

    await choose(page, 'Open a return…');
    const sku = order.lines[0]?.sku ?? '';
    await confirm(page, 'Ask for 1 piece back', { [`Comes back, ${sku}`]: '1', Note: 'too small' });
    await click(page, 'Accept…');
    await confirm(page, 'Accept return 1');
    await click(page, 'Receive…');
    await confirm(page, 'Receive 1 piece', { [`Qty, ${sku}`]: '1' });
    await becomes(order.orderId, ({ payment, returns }) => {
      assert.deepEqual([returns[0]?.reason, returns[0]?.lines[0]?.received], ['too small', 1]);
      assert.equal(payment.refunded, 1_000);
    });
  });

  it('keep the filters of the list as a view, and put what they let through into a file', async () => {
    const { shop } = stage.system;
    const lines = [line(await shop.createItem(1))];
    const { orderId } = await shop.place({ lines, shipping: SHIPPING }, { wait: 30 });
    await shop.cancelOrder(orderId, 'for the list');
    await shop.reaches(orderId, 'cancelled');
    const board = await stage.signedIn();
    const { page } = board;
    await board.open('/board/orders?status=cancelled');
    await page.locator(`tr[data-row="${orderId}"]`).waitFor();
    await click(page, 'Save view…');
    await confirm(page, 'Save view', { Name: 'Gone' });
    await board.open('/board/orders');
    await page.getByRole('link', { name: 'Gone' }).click();
    await page.locator(`tr[data-row="${orderId}"]`).waitFor();
    assert.equal(new URL(page.url()).search, '?status=cancelled');

    await click(page, 'CSV…');
    const downloading = page.waitForEvent('download');
    await page
      .getByRole('dialog')
      .getByRole('link', { name: /^Download/ })
      .click();
    const [, ...rows] = readFileSync(await (await downloading).path(), 'utf8')
      .trimEnd()
      .split('\r\n');
    assert.ok(rows.some((row) => row.startsWith(`${orderId},`)));
    assert.ok(
      rows.every((row) => row.split(',')[3] === 'cancelled'),
      rows.join('\n'),
    );

    await click(page, 'Delete view…');
    await confirm(page, 'Delete view');
    await page.getByRole('link', { name: 'Gone' }).waitFor({ state: 'detached' });
  });
});
