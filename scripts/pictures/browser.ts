import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';

const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));

/** CHROMIUM names the browser (default /usr/bin/chromium). */
export async function launch(): Promise<Browser> {
  const args = [
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    headless: true,
    args: process.getuid?.() === 0 ? [...args, '--no-sandbox'] : args,
  });
}

/** Writes a picture of the page to `docs/images`, and closes the page. */
export async function save(page: Page, name: string, { fullPage = false } = {}): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  await page.screenshot({ path: join(FOLDER, name), fullPage });
  console.log(`docs/images/${name}`);
  await page.close();
}
