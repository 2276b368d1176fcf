import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { sharedChromium } from '../shared-chromium.ts';
import type { BoardPage } from './board-page.ts';

/** Where it is kept what the browser showed when a test failed. */
const FAILURES = 'coverage/browser';

export interface LaunchOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts a browser without a window.
 *
 * @throws {MissingError} if this machine has none and cannot get one
 */
export async function launchBrowser({ args = [], env = {} }: LaunchOptions = {}): Promise<Browser> {
  const { program, env: needed } = await sharedChromium();
  return chromium.launch({
    executablePath: program,
    args: ['--disable-gpu', ...args],
    env: { ...process.env, ...needed, ...env },
  });
}

/**
 * Called after each test: keeps a picture of the page and its text where the test has failed, and fails a test whose page has had an
 * error that nobody asked about.
 */
export async function closeAfterTest(
  page: BoardPage | undefined,
  test: Mocha.Test | undefined,
): Promise<void> {
  if (page === undefined) return;
  const problems = page.takeProblems();
  if (test?.state === 'failed') {
    const name = test
      .fullTitle()
      .replaceAll(/[^a-z0-9]+/gi, '-')
      .slice(0, 120);
    mkdirSync(FAILURES, { recursive: true });
    await page.page.screenshot({ path: join(FAILURES, `${name}.png`) }).catch(() => undefined);
    const text = await page.page.content().catch(String);
    writeFileSync(
      join(FAILURES, `${name}.html`),
      `<!-- ${page.page.url()}\n${problems.join('\n')} -->\n${text}`,
    );
  }
  await page.close();
  if (test?.state !== 'failed' && problems.length > 0)
    throw new Error(`the page had errors: ${problems.join('; ')}`);
}
