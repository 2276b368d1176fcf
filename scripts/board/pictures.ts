import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { LOCALES } from '../../board/lib/locale.ts';
import { waitFor } from '../../harness/wait-for.ts';
import { openBoard, type BoardPage } from '../../test/support/browser/board-page.ts';
import { addressOf, pagesOf, type Samples, type ShownPage } from '../../test/support/browser/board-pages.ts';
import { pictureFile, SCHEMES, SIZES, TRANSLATED } from '../../test/support/browser/board-pictures.ts';

/** Of a picture, 0 to 100. Small type stays sharp, and a page has about 30 kB. */
const QUALITY = 72;
/** Plots and live figures have this time to fill. Milliseconds. */
const LIVE_MS = 6_000;

export interface PicturesOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly samples: Samples;
  readonly folder: string;
  /** Names of pages. Default: all. */
  readonly only: readonly string[] | undefined;
  readonly say: (what: string) => void;
}

/**
 * Takes a picture of every page, light and dark, wide and on a phone, and of some in every language. Those of earlier pages are removed.
 *
 * @returns what went wrong in the browser
 */
export async function takePictures(browser: Browser, options: PicturesOptions): Promise<string[]> {
  const { url, apiKey, samples, folder, only, say } = options;
  mkdirSync(folder, { recursive: true });
  const pages = pagesOf(samples).filter(({ name }) => only === undefined || only.includes(name));
  const taken = new Set<string>();
  const problems: string[] = [];

  const take = async (board: BoardPage, shown: ShownPage, file: string): Promise<void> => {
    await board.open(addressOf(shown));
    await settled(board.page, shown.name === 'now' ? LIVE_MS : 300);
    writeFileSync(join(folder, file), await webp(board.page));
    taken.add(file);
    problems.push(...board.takeProblems().map((problem) => `${file}: ${problem}`));
  };

  for (const theme of SCHEMES)
    for (const size of SIZES) {
      const board = await openBoard(browser, { url, theme, ...size });
      try {
        const signIn = pages.find(({ name }) => name === 'sign-in');
        if (signIn) await take(board, signIn, pictureFile(signIn.name, theme, size.width));
        await board.open('/board/sign-in');
        await board.signIn(apiKey);
        for (const shown of pages.filter(({ name }) => name !== 'sign-in'))
          await take(board, shown, pictureFile(shown.name, theme, size.width));
        say(`${theme}, ${size.width} px: ${pages.length} pages`);
      } finally {
        await board.close();
      }
    }

  const [wide] = SIZES;
  for (const locale of LOCALES.filter((each) => each !== 'en')) {
    const board = await openBoard(browser, { url, locale, ...wide });
    try {
      await board.open('/board/sign-in');
      await board.signIn(apiKey);
      for (const shown of pages.filter(({ name }) => TRANSLATED.includes(name)))
        await take(board, shown, pictureFile(`${shown.name}-${locale}`, 'light', wide.width));
    } finally {
      await board.close();
    }
  }
  if (only === undefined)
    for (const file of readdirSync(folder)) if (!taken.has(file)) rmSync(join(folder, file));
  return problems;
}

async function settled(page: Page, ms: number): Promise<void> {
  await waitFor('the data is shown', async () => (await page.locator('.skeleton').count()) === 0);
  // The figures of the navigation come with the live feed.
  const isSignedIn = (await page.locator('#main').count()) > 0;
  if (isSignedIn) await page.locator('.live i:not(.off)').waitFor();
  if ((await page.locator('.uplot-place').count()) > 0) await page.locator('.uplot canvas').waitFor();
  await page.waitForTimeout(ms);
}

/** Playwright itself takes only PNG and JPEG. */
async function webp(page: Page): Promise<Buffer> {
  const session = await page.context().newCDPSession(page);
  try {
    const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
    return Buffer.from(data, 'base64');
  } finally {
    await session.detach();
  }
}
