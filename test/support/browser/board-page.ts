import type { Browser, BrowserContext, ConsoleMessage, Page, Request, Response } from 'playwright-core';

export interface BoardOptions {
  /** The address of the API, which serves the board. */
  readonly url: string;
  /** In pixels. Default: 1440 wide. */
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
  /** The language of the browser. */
  readonly locale?: string;
  readonly scale?: number;
}

/** The board in a browser, with what went wrong in it. */
export interface BoardPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Opens an address of the board by loading it, and waits until the page has its heading. */
  open(path: string): Promise<void>;
  /** Signs in with a key in the form that is shown. */
  signIn(key: string): Promise<void>;
  /** From now on these answers are no errors: one, as `401 /board/session`, or each that the pattern matches. */
  expect(answer: string | RegExp): void;
  /** Errors in the console, violations of the Content-Security-Policy, requests that failed or were refused. Empties the list. */
  takeProblems(): string[];
  close(): Promise<void>;
}

/**
 * Whoever is not signed in is told so, and the form is shown. A machine with other work lets a deadline pass now and then, and the page
 * asks again: what stays away is missed by the test itself.
 */
const EXPECTED: readonly (string | RegExp)[] = ['401 /board/session', /^503 /];

/** Opens the board in a browser of its own settings: no cookies, no storage. Nobody is signed in. */
export async function openBoard(browser: Browser, options: BoardOptions): Promise<BoardPage> {
  const { url, width = 1440, height = 900, theme = 'light', locale = 'en-GB', scale = 1 } = options;
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width, height },
    deviceScaleFactor: scale,
    colorScheme: theme,
    locale,
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const expected = [...EXPECTED];
  const isExpected = (answer: string): boolean =>
    expected.some((each) => (typeof each === 'string' ? each === answer : each.test(answer)));
  const problems: string[] = [];

  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('console', (message: ConsoleMessage) => {
    if (!['error', 'warning'].includes(message.type())) return;
    // Chromium writes a line for each refused request, which is judged below by its status.
    if (message.text().startsWith('Failed to load resource')) return;
    problems.push(`console: ${message.text()}`);
  });
  page.on('requestfailed', (request: Request) => {
    // A page that is left cancels its requests and streams.
    const reason = request.failure()?.errorText ?? '';
    if (reason !== 'net::ERR_ABORTED')
      problems.push(`failed: ${request.method()} ${request.url()} ${reason}`);
  });
  page.on('response', (response: Response) => {
    const answer = `${response.status()} ${new URL(response.url()).pathname}`;
    if (response.status() >= 400 && !isExpected(answer)) problems.push(`answered: ${answer}`);
  });

  return {
    page,
    context,
    async open(path) {
      await page.goto(path);
      await page.locator('h1').first().waitFor();
    },
    async signIn(key) {
      await page.locator('input[type=password]').fill(key);
      await page.keyboard.press('Enter');
      await page.locator('#main').waitFor();
    },
    expect(answer) {
      expected.push(answer);
    },
    takeProblems: () => problems.splice(0),
    close: () => context.close(),
  };
}
