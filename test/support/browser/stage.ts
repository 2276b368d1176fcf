import type { Browser } from 'playwright-core';
import { startOnFreePorts } from '../../../dev/processes/free-ports.ts';
import { needTemporalCli, startSystem, type System } from '../system.ts';
import { openBoard, type BoardOptions, type BoardPage } from './board-page.ts';
import { closeAfterTest, launchBrowser } from './browser.ts';

export interface BoardStage {
  readonly system: System;
  readonly browser: Browser;
  /** The address of the API, which serves the board. */
  readonly url: string;
  /** Where the system takes commands by ZeroMQ. */
  readonly commands: string;
  /** Opens a page for this test, signed in with the key of the system. It is closed after the test, which fails if it had errors. */
  signedIn(options?: Partial<BoardOptions>): Promise<BoardPage>;
  /** The same without signing in. */
  stranger(options?: Partial<BoardOptions>): Promise<BoardPage>;
  /** For `afterEach`. */
  afterTest(test: Mocha.Test | undefined): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a whole system and a browser.
 *
 * @throws {MissingError} if there is no browser
 */
export async function openStage(settings: Record<string, string> = {}): Promise<BoardStage> {
  await needTemporalCli();
  const browser = await launchBrowser();
  let commands = '';
  const system = await startOnFreePorts(['ZEROMQ'], ({ ZEROMQ }) => {
    commands = `tcp://127.0.0.1:${ZEROMQ}`;
    return startSystem({ METRICS_PORT: '0', ZEROMQ_COMMANDS: commands, ...settings });
  }).catch(async (error: unknown) => {
    await browser.close();
    throw error;
  });
  const { urls, apiKey } = system.state();
  const url = urls['api'] ?? '';
  let pages: BoardPage[] = [];
  const stranger = async (options: Partial<BoardOptions> = {}): Promise<BoardPage> => {
    const opened = await openBoard(browser, { url, ...options });
    pages.push(opened);
    return opened;
  };
  return {
    system,
    browser,
    url,
    commands,
    stranger,
    async signedIn(options) {
      const opened = await stranger(options);
      await opened.open('/board/sign-in');
      await opened.signIn(apiKey);
      return opened;
    },
    async afterTest(test) {
      const opened = pages;
      pages = [];
      const results = await Promise.allSettled(opened.map((page) => closeAfterTest(page, test)));
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
    async stop() {
      await browser.close();
      await system.stop();
    },
  };
}
