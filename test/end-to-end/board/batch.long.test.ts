import assert from 'node:assert/strict';
import { waitFor } from '../../../harness/wait-for.ts';
import { openStage, type BoardStage } from '../../support/browser/stage.ts';
import {
  eachOf,
  placeWithReturnedRefunds,
  REFUND_RETURNED,
  refundsOf,
} from '../../support/returned-refunds.ts';

const ORDERS = 200;
const AMOUNT = 300;
/** What the page meets while no process answers. */
const WHILE_DOWN = /^(failed: .*net::ERR_|answered: 50[0234] |console: .*net::ERR_)/;

/** kill -9 of the process that has the API and all workers, while somebody watches the batch. */
describe('a batch of 200 parked orders at the board, whose processes are killed', function () {
  this.timeout(600_000);
  let stage: BoardStage;
  let orderIds: string[];

  before(async () => {
    stage = await openStage();
    orderIds = await placeWithReturnedRefunds(stage.system, { orders: ORDERS, amount: AMOUNT });
  });
  afterEach(function () {
    return stage.afterTest(this.currentTest);
  });
  after(() => stage.stop());

  it('is counted, confirmed by typing, goes on by itself on the page that is open, and ends with 200 done', async () => {
    const { system } = stage;
    const board = await stage.signedIn();
    const { page } = board;
    await board.open('/board/queues/attention');
    await page
      .locator('tr.group', { hasText: REFUND_RETURNED.step })
      .filter({ hasText: 'The customer’s bank has sent the money back' })
      .getByRole('button', { name: 'Batch…' })
      .click();
    const dialog = page.getByRole('dialog', { name: 'Batch' });
    assert.equal(await dialog.getByRole('radio', { name: 'Retry.' }).isChecked(), true);
    await dialog.getByRole('button', { name: 'Dry run' }).click();

    await page.getByRole('heading', { name: `Retry ${ORDERS} steps`, level: 1 }).waitFor();
    const sum = (text: string) => page.locator('.sums > div', { hasText: text }).locator('b');
    assert.deepEqual(
      await Promise.all(['match', 'would go', 'left out'].map((text) => sum(text).innerText())),
      [String(ORDERS), String(ORDERS), '0'],
    );
    const start = page.getByRole('button', { name: `Retry ${ORDERS} steps` });
    await page.getByLabel('Why, for the log').fill('the banks take them now');
    const typed = page.getByLabel('To confirm, type');
    await typed.fill(`retry ${ORDERS - 1}`);
    assert.equal(await start.isDisabled(), true, 'another number starts nothing');
    await typed.fill(`retry ${ORDERS}`);
    await start.click();
    await page.getByRole('heading', { name: `Retrying ${ORDERS} steps`, level: 1 }).waitFor();

    const foot = page.getByRole('complementary', { name: 'A batch is running' });
    await foot.getByText(`of ${ORDERS}`).waitFor();
    let loads = 0;
    page.on('framenavigated', () => (loads += 1));
    const done = async (): Promise<number> => Number(await sum('done').innerText());
    const shows = (least: number): Promise<number> =>
      waitFor(
        `the page shows ${least} done`,
        async () => {
          const shown = await done();
          return shown >= least && shown;
        },
        120_000,
      );
    await shows(20);
    await system.kill('app');
    const atDeath = await done();
    assert.ok(atDeath < ORDERS, 'the batch is not over when its worker is killed');
    await system.recovered();
    await shows(atDeath + 1);
    await foot.getByText(/^Retrying \d+ of 200$/).waitFor();

    await page
      .getByRole('heading', { name: `${ORDERS} steps retried`, level: 1 })
      .waitFor({ timeout: 120_000 });
    await page.locator('.title .pill', { hasText: 'Done' }).waitFor();
    assert.deepEqual(
      await Promise.all(['done', 'failed', 'left out', 'not begun'].map((text) => sum(text).innerText())),
      [String(ORDERS), '0', '0', '0'],
    );
    await page.getByText('“the banks take them now”').waitFor();
    await foot.waitFor({ state: 'detached' });
    assert.equal(loads, 0, 'nobody has loaded the page again');
    assert.deepEqual(
      board.takeProblems().filter((problem) => !WHILE_DOWN.test(problem)),
      [],
    );

    const made = await eachOf(orderIds, (orderId) => refundsOf(system, orderId));
    const statuses = made.map((refunds) => refunds.map(({ status }) => status).join());
    assert.deepEqual(new Set(statuses), new Set(['succeeded,failed']), 'each refund is made again once');
    await page.keyboard.press('g');
    await page.keyboard.press('q');
    await page.getByText('Nothing waits here.').waitFor();
  });
});
