import assert from 'node:assert/strict';
import { event, PLACE } from '../../../harness/brokers/message.ts';
import { zeroMqClient } from '../../../harness/brokers/zeromq-client.ts';
import { line, orderRequest } from '../../../harness/orders.ts';
import { waitUntilPasses } from '../../../harness/wait-for.ts';
import { openStage, type BoardStage } from '../../support/browser/stage.ts';

describe('what an operator does at the board', function () {
  this.timeout(180_000);
  let stage: BoardStage;

  before(async () => {
    stage = await openStage({ REVIEW_ABOVE: 'EUR=5000' });
  });
  afterEach(function () {
    return stage.afterTest(this.currentTest);
  });
  after(() => stage.stop());

  it('two reviews are decided by keys alone: one approved and charged, one rejected with a reason', async () => {
    const { shop, sandbox } = stage.system;
    const place = () => shop.place({ lines: [line('mug-01', 5)] }, { wait: 10 });
    const first = await place();
    const second = await place();
    assert.deepEqual([first.status, second.status], ['in_review', 'in_review']);
    const { page } = await stage.signedIn();
    const { keyboard } = page;
    await page.locator('h1').first().waitFor();
    await keyboard.press('g');
    await keyboard.press('q');
    await page.getByRole('heading', { name: 'Attention' }).waitFor();
    await keyboard.press(']');
    await page.getByRole('heading', { name: 'In review', exact: true }).waitFor();
    await page.locator(`tr.is-focus[data-row="${first.orderId}"]`).waitFor();

    await keyboard.press('a');
    await page.getByRole('dialog', { name: 'Approve 60.00 EUR' }).waitFor();
    await page.getByText('The customer’s card is charged 60.00 EUR, and the order goes on.').waitFor();
    await keyboard.type('known customer');
    await keyboard.press('Tab'); // Leave
    await keyboard.press('Tab');
    await page.locator('button:focus', { hasText: 'Approve' }).waitFor();
    await keyboard.press('Enter');
    await page.getByText('Approved. The card is charged now.').first().waitFor();
    await shop.reaches(first.orderId, 'paid');
    assert.equal((await sandbox.chargesOf(first.orderId)).length, 1);

    await page.locator(`tr.is-focus[data-row="${second.orderId}"]`).waitFor();
    await keyboard.press('n');
    await page.getByRole('dialog', { name: 'Reject the order' }).waitFor();
    const reject = page.getByRole('dialog').getByRole('button', { name: 'Reject' });
    assert.equal(await reject.isDisabled(), true, 'a reason is needed');
    await keyboard.type('stolen card');
    await keyboard.press('Tab');
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await shop.reaches(second.orderId, 'rejected');
    assert.equal((await sandbox.chargesOf(second.orderId)).length, 0);
    await page.getByText('Nothing waits here.').waitFor();
  });

  it('a charge that got no answer is parked; when the provider is back, a retry pays the order, once', async () => {
    const { shop, sandbox } = stage.system;
    const { orderId } = await shop.place({ payment: { method: 'pm_sandbox_outage' } });
    const board = await stage.signedIn();
    const { page } = board;
    await board.open('/board/queues/attention');
    const row = page.locator(`tr[data-row="${orderId}"]`);
    await row.waitFor({ timeout: 90_000 });
    await row.click();
    await page.getByText('The provider does not answer').first().waitFor();

    await page.keyboard.press('r');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('The provider is asked again. Nothing is charged twice.').waitFor();
    // Not before: the step is also tried again by itself.
    await sandbox.post('/outage', { until: new Date().toISOString() });
    await dialog.getByRole('button', { name: 'Retry' }).click();
    await page.getByText('The step is tried again now.').first().waitFor();
    await shop.reaches(orderId, 'paid');
    assert.equal((await sandbox.chargesOf(orderId)).length, 1);
    await row.waitFor({ state: 'detached' });

    await board.open(`/board/orders/${orderId}`);
    await page.locator('.title .pill', { hasText: 'Paid' }).waitFor();
    assert.equal(await page.locator('section.parked').count(), 0);
    await page.locator('.tl li', { hasText: 'chargePayment' }).first().waitFor();
  });

  it('a refund that the bank refuses is parked; the order says each way out, and skipping it keeps the note', async () => {
    const { shop } = stage.system;
    const { orderId } = await shop.place({ payment: { method: 'pm_sandbox_refund_fails' } }, { wait: 30 });
    const board = await stage.signedIn();
    const { page } = board;
    await board.open(`/board/orders/${orderId}`);
    await page.keyboard.press('m');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Amount in EUR').fill('5.00');
    await dialog.getByLabel(/^Note/).fill('scratched');
    await dialog.getByRole('button', { name: 'Refund 5.00 EUR' }).click();
    const parked = page.locator('section.parked');
    await parked.waitFor({ timeout: 60_000 });
    await parked.getByRole('button', { name: 'Retry…' }).waitFor();
    await parked.getByRole('button', { name: 'Resolve…' }).waitFor();
    await parked.getByRole('button', { name: 'Skip…' }).click();
    await dialog.getByLabel(/^Note/).fill('the customer keeps the mug');
    await dialog.getByRole('button', { name: 'Skip' }).click();
    await parked.waitFor({ state: 'detached' });
    await page.locator('.tl li', { hasText: '“the customer keeps the mug”' }).first().waitFor();
    await waitUntilPasses(async () => {
      const { payment, attention } = await shop.getOrder(orderId);
      assert.deepEqual([payment.refunded, attention], [0, null]);
    });
  });

  it('a message that could not be read is corrected beside what was received, and its order is paid', async () => {
    const client = zeroMqClient(stage.commands);
    const sent = event(PLACE, { ...orderRequest(), lines: [{ sku: 'mug-01', quantity: 'two' }] });
    try {
      await client.send(sent);
    } finally {
      await client.close();
    }
    const board = await stage.signedIn();
    const { page } = board;
    await page.keyboard.press('g');
    await page.keyboard.press('d');
    await page.locator('tbody tr').first().getByRole('link').click();
    await page.getByText('data.lines[0].quantity').first().waitFor();
    const received = page.locator('pre.msg');
    assert.match(await received.innerText(), /"two"/);

    const field = page.getByRole('textbox', { name: 'To replay' });
    await field.fill('{');
    await page.getByText('This is not valid JSON.').waitFor();
    const check = page.getByRole('button', { name: 'Check', exact: true });
    await field.fill(JSON.stringify(orderRequest({ lines: [line('mug-01', 0)] }), null, 2));
    await check.click();
    await page.getByText('A replay would be refused.').waitFor();
    await page.getByRole('button', { name: /^Line \d+$/ }).click();
    const selected = await field.evaluate(
      (area: { value: string; selectionStart: number; selectionEnd: number }) =>
        area.value.slice(area.selectionStart, area.selectionEnd),
    );
    assert.equal(selected, '0');
    await field.fill(JSON.stringify(orderRequest({ lines: [line('mug-01', 2)] })));
    await check.click();
    await page.getByText('A replay would succeed.').waitFor();
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.getByRole('link', { name: 'The command has succeeded.' }).click();
    await page.locator('.title .pill', { hasText: 'Paid' }).waitFor();
    await page.getByText('24.00 EUR').first().waitFor();
    const { data } = await stage.system.shop.listDeadLetters({ state: 'waiting' });
    assert.deepEqual(data, []);
  });

  it('a count says which orders it would leave short, before it is made', async () => {
    const { shop } = stage.system;
    const sku = await shop.createItem(5, 100);
    await shop.place(
      { lines: [line(sku, 2)], payment: { method: 'pm_card_authenticationRequired' } },
      { wait: 10 },
    );
    const board = await stage.signedIn();
    const { page } = board;
    await board.open(`/board/stock/${sku}`);
    await page.getByRole('button', { name: /^Count/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Pieces that are there now').fill('1');
    await dialog.getByText('1 promised piece would be missing.').waitFor();
    await dialog.getByRole('button', { name: 'Set to 1' }).click();
    await page.getByText('Oversold by 1').first().waitFor();
    assert.equal((await shop.getStock(sku)).oversold, 1);
  });

  it('when the application hangs, the figures say how old they are; when it answers, they go on', async () => {
    const board = await stage.signedIn();
    const { page } = board;
    await page.getByText('Live', { exact: true }).waitFor();
    const app = stage.system.state().children.find(({ name }) => name === 'app');
    assert.ok(app);
    process.kill(app.pid, 'SIGSTOP');
    try {
      await page.getByText(/^Live feed lost, \d+\ss old$/).waitFor({ timeout: 30_000 });
    } finally {
      process.kill(app.pid, 'SIGCONT');
    }
    await page.getByText('Live', { exact: true }).waitFor({ timeout: 40_000 });
  });
});
