import assert from 'node:assert/strict';
import type { Request } from 'playwright-core';
import { waitUntilPasses } from '../../../harness/wait-for.ts';
import { openStage, type BoardStage } from '../../support/browser/stage.ts';

/** An id in a list: its beginning and its end. */
const short = (orderId: string): string => `${orderId.slice(0, 8)}…${orderId.slice(-4)}`;

describe('the board while orders are placed', function () {
  this.timeout(120_000);
  let stage: BoardStage;

  before(async () => {
    stage = await openStage();
  });
  afterEach(function () {
    return stage.afterTest(this.currentTest);
  });
  after(() => stage.stop());

  it('a new order waits behind "1 new, show", so that no row moves, and is the first row when it is shown', async () => {
    const before = await stage.system.shop.place({}, { wait: 30 });
    const { page } = await stage.signedIn();
    await page.goto('/board/orders');
    const rows = page.locator('tbody tr');
    await rows.first().waitFor();
    const first = await rows.first().getAttribute('data-row');
    assert.equal(first, before.orderId);

    const placed = await stage.system.shop.place({}, { wait: 30 });
    const show = page.getByRole('button', { name: '1 new, show' });
    await show.waitFor();
    assert.equal(await rows.first().getAttribute('data-row'), before.orderId, 'no row has moved');
    await page.keyboard.press('.');
    await page.locator(`tr[data-row="${placed.orderId}"]`).waitFor();
    assert.equal(await rows.first().getAttribute('data-row'), placed.orderId);
    await show.waitFor({ state: 'detached' });
  });

  it('the page of an order follows it from its reservation to its payment without being loaded again', async () => {
    const { shop } = stage.system;
    const { page } = await stage.signedIn();
    // Until it is resumed, the order stays reserved, however long the page takes.
    const { brakeId } = await shop.setBrake({ kind: 'provider', reason: 'a test' });
    const { orderId } = await shop.place();
    let loads = 0;
    page.on('framenavigated', () => (loads += 1));
    await page.goto(`/board/orders/${orderId}`);
    const status = page.locator('.title .pill').first();
    await status.filter({ hasText: 'Reserved' }).waitFor();
    await shop.releaseBrake(brakeId, { reason: 'the test goes on' });
    await status.filter({ hasText: 'Paid' }).waitFor({ timeout: 60_000 });
    await page.locator('.tl li', { hasText: 'Paid' }).waitFor();
    assert.equal(loads, 1);
  });

  it('a tab that is hidden keeps no connection, and goes on after the last event when it is shown', async () => {
    const { orderId } = await stage.system.shop.place({}, { wait: 30 });
    const { page } = await stage.signedIn();
    const streams = new Set<string>();
    const pathOf = (url: string) => new URL(url).pathname;
    const isStream = (headers: Record<string, string>) => headers['accept'] === 'text/event-stream';
    const answered: (string | undefined)[] = [];
    page.on('request', (request) => {
      if (!isStream(request.headers())) return;
      streams.add(pathOf(request.url()));
      if (request.url().includes(orderId)) answered.push(request.headers()['last-event-id']);
    });
    const forget = (request: Request) => {
      if (isStream(request.headers())) streams.delete(pathOf(request.url()));
    };
    page.on('requestfailed', forget);
    page.on('requestfinished', forget);
    const show = (isShown: boolean) =>
      page.evaluate(`
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${String(!isShown)} });
        document.dispatchEvent(new Event('visibilitychange'));
      `);

    await page.goto(`/board/orders/${orderId}`);
    await page.locator('.tl li', { hasText: 'Paid' }).waitFor();
    await show(false);
    await waitUntilPasses(() => {
      assert.deepEqual([...streams], []);
    });
    await stage.system.shop.cancelOrder(orderId, 'while nobody looked');
    await show(true);
    await page.locator('.tl li', { hasText: 'Cancelled' }).waitFor();
    assert.ok(Number(answered.at(-1)) >= 1, `it goes on after event ${String(answered.at(-1))}`);
    assert.ok(streams.has('/v1/stats/stream'));
  });

  it('the first page counts the order within seconds, and lists it with its status', async () => {
    const { page } = await stage.signedIn();
    await page.getByRole('heading', { name: 'Latest orders' }).waitFor();
    const { orderId } = await stage.system.shop.place({}, { wait: 30 });
    const row = page.locator('tr', { hasText: short(orderId) });
    await row.waitFor();
    await row.getByText('Paid').waitFor();
    // What was placed by the tests before may leave the window meanwhile.
    await waitUntilPasses(async () => {
      const { orders } = await stage.system.shop.stats('5m');
      assert.equal(await page.locator('.tile .sub', { hasText: `placed, ${orders.placed} in` }).count(), 1);
    });
  });

  it('the next page of a list that cannot be read is asked for once, and again by its button', async () => {
    const { shop } = stage.system;
    for (let orders = 0; orders < 60; orders += 20)
      await Promise.all(Array.from({ length: 20 }, () => shop.place({}, { wait: 60 })));
    const board = await stage.signedIn();
    const { page } = board;
    let asked = 0;
    const isNextPage = (url: URL): boolean => url.pathname === '/v1/orders' && url.searchParams.has('cursor');
    await page.route(isNextPage, (route) => {
      asked += 1;
      return route.fulfill({ status: 503, json: { code: 'unavailable', detail: 'Nothing answers.' } });
    });
    await page.goto('/board/orders');
    const rows = page.locator('tbody tr');
    await rows.nth(49).waitFor();
    const more = page.locator('main footer').getByRole('button', { name: 'More', exact: true });
    await more.scrollIntoViewIfNeeded();
    await page.getByText('Nothing answers.').waitFor();
    // The list is read anew twice, and the page is rendered anew each time.
    for (let reads = 0; reads < 2; reads += 1)
      await page.waitForResponse((response) => new URL(response.url()).pathname === '/v1/orders');
    assert.equal(asked, 1);
    await page.unroute(isNextPage);
    await more.click();
    await rows.nth(59).waitFor();
  });

  it('a shop with more items than a page holds: trouble first, the rest page by page, and each found by its title', async () => {
    const { shop } = stage.system;
    const put = (sku: string, title: string, onHand: number) =>
      shop.putStock(sku, { title, unitPrice: 100, currency: 'EUR', onHand });
    await Promise.all(Array.from({ length: 220 }, (_, n) => put(`many-${1_000 + n}`, `Many ${n}`, 5)));
    await put('zz-last', 'The last of all', 0);
    const { page } = await stage.signedIn();
    await page.goto('/board/stock');
    const rows = page.locator('tbody tr');
    await rows.nth(100).waitFor();
    assert.equal(await rows.first().getAttribute('data-row'), 'zz-last');
    const more = page.locator('main footer').getByRole('button', { name: 'More', exact: true });
    await more.scrollIntoViewIfNeeded();
    await rows.nth(200).waitFor();
    await page.getByRole('searchbox', { name: 'Find by SKU or title' }).fill('many 219');
    await page.keyboard.press('Enter');
    await page.getByText('1 shown, trouble first').waitFor();
    await page.locator('tr[data-row="many-1219"]').waitFor();
    await page.goto('/board/stock/many-1219?show=out');
    await page.getByRole('complementary', { name: 'Many 219' }).waitFor();
    assert.equal(await page.locator('tr[data-row="many-1219"]').count(), 0);
  });

  it('the customer is masked until somebody asks, who is then in the log', async () => {
    const { orderId } = await stage.system.shop.place(
      { customer: { email: 'ada@example.com', name: 'Ada Lovelace' } },
      { wait: 30 },
    );
    const board = await stage.signedIn();
    const { page } = board;
    const answers: Promise<string>[] = [];
    page.on('response', (response) => {
      const isStream = response.headers()['content-type']?.startsWith('text/event-stream');
      if (response.url().includes('/v1/orders') && !isStream) answers.push(response.text());
    });
    await page.goto(`/board/orders/${orderId}`);
    await page.getByText('a•••@example.com').waitFor();
    await page.getByText('A•• L•••••••').waitFor();
    assert.equal(await page.getByText('ada@example.com').count(), 0);
    const texts = await Promise.all(answers);
    assert.ok(texts.length > 0 && texts.every((text) => !text.includes('ada@')), 'no answer has the address');

    await page.keyboard.press('p');
    await page.getByText('ada@example.com').waitFor();
    await page.getByText('Ada Lovelace').waitFor();
    assert.doesNotMatch(page.url() + (await page.title()), /ada/i);
    await page.goto('/board/log');
    const entry = page.locator('tbody tr').first();
    await entry.getByText(short(orderId)).waitFor();
    await entry.getByText(/revealed/i).waitFor();
  });
});
