import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../test/support/browser/browser.ts';

const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));

/** CHROMIUM names another browser than the one that is found. */
export const launch = (): Promise<Browser> => launchBrowser();

/** Writes a picture of the page to `docs/images`, and closes the page. */
export async function save(page: Page, name: string, { fullPage = false } = {}): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  await page.screenshot({ path: join(FOLDER, name), fullPage });
  console.log(`docs/images/${name}`);
  await page.close();
}
