import assert from 'node:assert/strict';
import { waitUntilPasses } from '../../../harness/wait-for.ts';
import { openStage, type BoardStage } from '../../support/browser/stage.ts';

describe('signing in at the board', function () {
  this.timeout(120_000);
  let stage: BoardStage;

  before(async () => {
    stage = await openStage();
  });
  afterEach(function () {
    return stage.afterTest(this.currentTest);
  });
  after(() => stage.stop());

  it('a browser that opens the address of the shop gets to the board, and is asked for a key', async () => {
    const { page } = await stage.stranger();
    await page.goto('/');
    await page.getByRole('heading', { name: 'Sign in to the board' }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/board');
  });

  it('a wrong key is refused in words that do not say why, and the field is ready for the next', async () => {
    const board = await stage.stranger();
    const { page } = board;
    board.expect('401 /board/session');
    await board.open('/board/stock');
    await page.getByLabel('API key').fill('not-a-key');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This key is not known or has expired.').waitFor();
    assert.equal(await page.getByLabel('API key').inputValue(), '');
    await page.locator('input[type=password]:focus').waitFor();
  });

  it('the right key leads to the page of the address; signing out leads back, and the session is over', async () => {
    const board = await stage.stranger();
    const { page, context } = board;
    await board.open('/board/stock');
    await board.signIn(stage.system.state().apiKey);
    await page.getByRole('heading', { name: 'Stock' }).waitFor();
    const [cookie] = await context.cookies();
    assert.deepEqual(
      [cookie?.name, cookie?.httpOnly, cookie?.sameSite],
      ['checkout_session', true, 'Strict'],
    );

    // What the page has asked for may be answered after the end of the session.
    board.expect(/^401 \/v1\//);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in to the board' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in to the board' }).waitFor();
    const withOldCookie = await fetch(`${stage.url}/v1/stats`, {
      headers: { cookie: `${cookie?.name ?? ''}=${cookie?.value ?? ''}` },
    });
    assert.equal(withOldCookie.status, 401);
  });

  it('a session that ends while a note is typed asks for the key over the page, and keeps the note', async () => {
    const { orderId } = await stage.system.shop.place({}, { wait: 30 });
    const board = await stage.signedIn();
    const { page } = board;
    await board.open(`/board/orders/${orderId}`);
    await page.getByRole('button', { name: 'Refund…' }).click();
    const note = page.getByLabel(/^Note/);
    await note.fill('the customer has called');

    // Somebody ends the session from elsewhere.
    board.expect(/^401 \/v1\//);
    await endSession(stage.url, await board.context.cookies());
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor();
    await board.signIn(stage.system.state().apiKey);
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor({ state: 'detached' });
    assert.equal(await note.inputValue(), 'the customer has called');
    await page.getByRole('button', { name: /^Refund \d/ }).click();
    await waitUntilPasses(async () => {
      assert.equal((await stage.system.shop.getOrder(orderId)).status, 'refunded');
    });
  });
});

/** Signs a session out from outside of its browser, which keeps the cookie. */
async function endSession(url: string, cookies: readonly { name: string; value: string }[]): Promise<void> {
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  const present = await fetch(`${url}/board/session`, { headers: { cookie } });
  const { csrfToken } = (await present.json()) as { csrfToken: string };
  const ended = await fetch(`${url}/board/session`, {
    method: 'DELETE',
    headers: { cookie, 'x-csrf-token': csrfToken },
  });
  assert.ok(ended.ok, `signing out: ${ended.status}`);
}
