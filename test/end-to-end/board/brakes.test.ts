import assert from 'node:assert/strict';
import { ApiError } from '../../../harness/api/errors.ts';
import { waitUntilPasses } from '../../../harness/wait-for.ts';
import { openStage, type BoardStage } from '../../support/browser/stage.ts';

const NOTE = 'prices of the autumn sale are wrong';

describe('the brakes at the board', function () {
  this.timeout(120_000);
  let stage: BoardStage;

  before(async () => {
    stage = await openStage();
  });
  afterEach(function () {
    return stage.afterTest(this.currentTest);
  });
  after(() => stage.stop());

  it('pause the intake with a note that every page shows, until somebody resumes it', async () => {
    const { shop } = stage.system;
    const other = (await stage.signedIn()).page;
    await other.goto('/board/orders');
    const notice = other.locator('.note.amber', { hasText: 'All new orders are paused.' });

    const board = await stage.signedIn();
    const { page } = board;
    await board.open('/board/brakes');
    const orders = page.getByRole('switch', { name: /^All new orders/ });
    assert.equal(await orders.getAttribute('aria-checked'), 'true');
    await orders.click();
    const pausing = page.getByRole('dialog', { name: 'Pause all new orders' });
    await pausing.getByText(/Customers get “no new orders at the moment” \(503\)/).waitFor();
    const pause = pausing.getByRole('button', { name: 'Pause all new orders' });
    assert.equal(await pause.isDisabled(), true, 'a note is needed');
    await pausing.getByLabel(/^Note/).fill(NOTE);
    await pause.click();
    await page.locator('.toast', { hasText: 'All new orders are paused.' }).waitFor();
    await page.locator('[role=switch][aria-checked=false]').waitFor();

    // The page of somebody else, which nobody has loaded again.
    await notice.getByText(NOTE).waitFor();
    await waitUntilPasses(async () => {
      await assert.rejects(shop.place(), (error) => {
        assert.ok(error instanceof ApiError);
        assert.deepEqual([error.status, error.code], [503, 'intake_paused']);
        return true;
      });
    });
    await notice.getByText(/[1-9]\d* orders? (was|were) refused/).waitFor();

    await notice.getByRole('button', { name: 'Resume…' }).click();
    const resuming = other.getByRole('dialog', { name: 'Resume all new orders' });
    await resuming.getByLabel(/^Note/).fill('prices are right');
    await resuming.getByRole('button', { name: 'Resume all new orders' }).click();
    await notice.waitFor({ state: 'detached' });
    await page.locator('[role=switch][aria-checked=false]').waitFor({ state: 'detached' });
    const placed = await waitUntilPasses(() => shop.place({}, { wait: 30 }));
    assert.equal(placed.status, 'paid');

    const past = page.locator('tbody tr').first();
    await past.getByText('All new orders').waitFor();
    await past.getByText(NOTE).waitFor();
    await past.getByText('prices are right').waitFor();
  });
});
