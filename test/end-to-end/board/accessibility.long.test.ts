import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { line } from '../../../harness/orders.ts';
import { waitFor } from '../../../harness/wait-for.ts';
import { addressOf, NO_SAMPLES, pagesOf, type Samples } from '../../support/browser/board-pages.ts';
import type { BoardPage } from '../../support/browser/board-page.ts';
import { scenesOf } from '../../support/browser/scenes.ts';
import { openStage, type BoardStage } from '../../support/browser/stage.ts';
import { answerWith, openReceiver, type Receiver } from '../../support/webhooks/receiver.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** What keeps somebody from using a page. */
const WORST = ['serious', 'critical'];

/** Rules that the page breaks, each with the first element. Nothing waits for an animation: they are switched off. */
async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<AxeResults>(
    'axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })',
  );
  return violations
    .filter(({ impact }) => WORST.includes(impact ?? ''))
    .map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes.length} × ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`,
    );
}

/** What does not fit in the width of the screen, and is not in something that scrolls by itself. */
const besideScreen = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.querySelectorAll('#board *')].filter(
      (each) => each.getBoundingClientRect().right > clientWidth + 0.5 && each.closest('.views, .rail, .sr') === null,
    );
    return [scrollWidth - clientWidth + ' px beside the screen: ' + wide.slice(-3).map((each) => each.outerHTML.slice(0, 300)).join(' ')];
  })()`);

describe('the pages of the board', function () {
  this.timeout(180_000);
  let stage: BoardStage;
  let receiver: Receiver;
  let samples: Samples;
  let board: BoardPage;

  before(async () => {
    receiver = await openReceiver();
    stage = await openStage({
      REVIEW_ABOVE: 'EUR=50000',
      WEBHOOKS_ALLOW_PRIVATE: 'yes',
      SANDBOX_TRACKER_STEP_MS: '0',
    });
    const { shop } = stage.system;
    const scenes = scenesOf(stage.system, stage.commands);
    const { endpointId } = await shop.addWebhookEndpoint({ url: receiver.url, description: 'The warehouse' });
    const [delivered, parked, review, disputed, waiting] = await Promise.all([
      scenes.delivered(),
      scenes.refusedRefund(),
      scenes.place({ lines: [line('mug-01', 50)] }),
      scenes.disputed(),
      scenes.place({ payment: { method: 'pm_card_authenticationRequired' } }),
    ]);
    receiver.answer = answerWith(500);
    await scenes.askToReturn(delivered, 'too small');
    samples = {
      orders: {
        delivered: delivered.orderId,
        parked: parked.orderId,
        review: review.orderId,
        disputed: disputed.orderId,
        held: waiting.orderId,
      },
      sku: await scenes.oversold('Sold twice'),
      deadLetterId: await scenes.deadLetters(),
      endpointId,
      auditId: await scenes.differingAudit(),
      batchId: await scenes.batch('retry', [parked.orderId], 'the bank works again'),
    };
    await scenes.pauseItem(samples.sku);
  });
  beforeEach(async () => {
    board = await stage.signedIn();
  });
  afterEach(function () {
    return stage.afterTest(this.currentTest);
  });
  after(async () => {
    await stage.stop();
    receiver.close();
  });

  // The names are known before there is anything to show.
  for (const [index, { name }] of pagesOf(NO_SAMPLES).entries())
    it(`${name}: nothing serious for those who see, hear or move otherwise, nothing beside the screen, no error`, async () => {
      const shown = pagesOf(samples)[index];
      assert.ok(shown);
      const { page } = board;
      await board.open(addressOf(shown));
      await settled(page);
      const found: string[] = [];
      for (const theme of ['light', 'dark'] as const)
        for (const width of [1440, 390, 320]) {
          await page.emulateMedia({ colorScheme: theme });
          await page.setViewportSize({ width, height: 800 });
          await settled(page);
          const where = `${theme}, ${width} px`;
          if (width !== 320) found.push(...(await violationsOn(page)).map((each) => `${where}: ${each}`));
          found.push(...(await besideScreen(page)).map((each) => `${where}: ${each}`));
        }
      assert.deepEqual(found, []);
    });

  it('dialogs too: of an action, of the keys, and of the navigation on a phone', async () => {
    const { page } = board;
    const found: string[] = [];
    await board.open(`/board/orders/${samples.orders.parked}`);
    await settled(page);
    for (const key of ['r', 'm', '?']) {
      await page.keyboard.press(key);
      await page.getByRole('dialog').waitFor();
      found.push(...(await violationsOn(page)));
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.setViewportSize({ width: 390, height: 800 });
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('dialog').waitFor();
    found.push(...(await violationsOn(page)));
    assert.deepEqual(found, []);
  });

  it('are shown in each language, and the choice stays', async () => {
    const { page } = board;
    await board.open('/board/settings');
    for (const [language, heading] of [
      ['de', 'Einstellungen'],
      ['zh', '设置'],
      ['en', 'Settings'],
    ] as const) {
      await page.locator('select.selectbox').selectOption(language);
      await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
      assert.equal(await page.locator('html').getAttribute('lang'), language);
      await page.reload();
      await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
    }
  });

  it('are reached by two keys each; ? lists the keys; j, k and the arrows move; escape closes', async () => {
    const { page } = board;
    const { keyboard } = page;
    for (const [key, path] of Object.entries({
      q: '/board/queues/attention',
      o: '/board/orders',
      s: '/board/stock',
      d: '/board/dead-letters',
      w: '/board/webhooks',
      a: '/board/audits',
      l: '/board/log',
      n: '/board',
    })) {
      await keyboard.press('g');
      await keyboard.press(key);
      await page.waitForURL(`${stage.url}${path}`);
    }
    await keyboard.press('?');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Stock', { exact: true }).waitFor();
    await keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });

    await keyboard.press('g');
    await keyboard.press('o');
    const rows = page.locator('tbody tr');
    await rows.nth(2).waitFor();
    await keyboard.press('j');
    await keyboard.press('j');
    assert.match((await rows.nth(1).getAttribute('class')) ?? '', /is-focus/);
    await page.locator('tbody tr:nth-child(2):focus').waitFor();
    await keyboard.press('ArrowDown');
    await page.locator('tbody tr:nth-child(3):focus').waitFor();
    await keyboard.press('k');
    const second = await rows.nth(1).getAttribute('data-row');
    await keyboard.press('Enter');
    await page.waitForURL(`${stage.url}/board/orders/${second ?? ''}`);
    await page.locator('h1.oid').waitFor();
    await keyboard.press('u');
    await page.waitForURL(`${stage.url}/board/orders`);
    await rows.nth(2).waitFor();

    await keyboard.press('/');
    await page.keyboard.type(samples.sku);
    assert.equal(new URL(page.url()).pathname, '/board/orders', 'in a field, keys are text');
    await keyboard.press('Enter');
    await page.waitForURL(`${stage.url}/board/orders?q=${samples.sku}`);
  });
});

/** Waits until the data of the page is shown. */
async function settled(page: Page): Promise<void> {
  await waitFor('the data is shown', async () => (await page.locator('.skeleton').count()) === 0);
  await page.evaluate('document.fonts.ready.then(() => new Promise(requestAnimationFrame)).then(() => 0)');
}
