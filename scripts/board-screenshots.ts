/**
 * Takes the pictures of the board in the documentation: starts a system, lets 10,000 orders of every kind go through it, and opens every
 * page in a browser. Takes some minutes. Needs `npm run build` before it, which `npm run board:screenshots` does.
 *
 *   npm run board:screenshots -- [--keep <folder>] [--orders <n>] [--only now,queue-review]
 *
 * --keep    keeps the data in this folder. With a folder that was filled before, the pictures are taken at once.
 * --orders  how many orders (default 10,000)
 * --only    the names of some pages: the pictures of the others stay
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startOnFreePorts } from '../dev/processes/free-ports.ts';
import { fontsOf, pictureFonts } from '../harness/browser/fonts.ts';
import { stopAll, temporaryFolder } from '../harness/servers/test-servers.ts';
import { showProgress } from '../src/cli/load/progress.ts';
import type { Samples } from '../test/support/browser/board-pages.ts';
import { picturesDocument, PICTURES_FOLDER, PICTURES_PAGE } from '../test/support/browser/board-pictures.ts';
import { launchBrowser } from '../test/support/browser/browser.ts';
import { scenesOf } from '../test/support/browser/scenes.ts';
import { startSystem, type System } from '../test/support/system.ts';
import { fillCatalogue } from './board/catalogue.ts';
import { fillWithHolds, fillWithScenes, loseCarrier } from './board/fill.ts';
import { loadInWaves, orderNumber, trickle } from './board/load.ts';
import { takePictures } from './board/pictures.ts';
import { openPartners } from './board/receiver.ts';

/** What the pictures say where the board is. */
const HOST = 'shop.example';
const HOUR_MS = 3_600_000;
/** Orders a second while the pictures are taken. */
const TRICKLE = 4;

const { values: flags } = parseArgs({
  options: {
    keep: { type: 'string' },
    orders: { type: 'string', default: '10000' },
    only: { type: 'string' },
  },
});
const say = (what: string): void => {
  console.log(`${new Date().toTimeString().slice(0, 8)} ${what}`);
};

const folder = flags.keep === undefined ? temporaryFolder() : resolve(flags.keep);
mkdirSync(folder, { recursive: true });
const samplesFile = join(folder, 'samples.json');
const partners = await openPartners();
try {
  const samples = existsSync(samplesFile) ? undefined : await fill();
  if (samples) writeFileSync(samplesFile, JSON.stringify(samples));
  await withSystem({}, (system) =>
    photograph(system, JSON.parse(readFileSync(samplesFile, 'utf8')) as Samples),
  );
} finally {
  partners.close();
  await stopAll();
}

/** Runs a system on the data of the folder, and stops it. */
async function withSystem<T>(
  settings: Record<string, string>,
  run: (system: System, commands: string) => Promise<T>,
): Promise<T> {
  let commands = '';
  const system = await startOnFreePorts(['ZEROMQ'], ({ ZEROMQ }) => {
    commands = `tcp://127.0.0.1:${ZEROMQ}`;
    return startSystem({
      CHECKOUT_DATA_DIR: folder,
      METRICS_PORT: '0',
      ZEROMQ_COMMANDS: commands,
      WEBHOOKS_ALLOW_PRIVATE: 'yes',
      REVIEW_ABOVE: 'EUR=50000',
      // Parcels move when they are told to.
      SANDBOX_TRACKER_STEP_MS: '0',
      ...settings,
    });
  });
  try {
    return await run(system, commands);
  } finally {
    await system.stop();
  }
}

async function fill(): Promise<Samples> {
  const authorisesFirst = {
    PAYMENT_CAPTURE: 'later',
    PAYMENT_DEADLINE_MS: '5000',
    SANDBOX_AUTHORIZATION_MS: String(40 * HOUR_MS),
  };
  const held = await withSystem(authorisesFirst, async (system, commands) => {
    say('a shop that authorises first');
    await fillCatalogue(system.shop);
    return fillWithHolds(system, commands);
  });
  return withSystem({}, async (system, commands) => {
    // The sweep looks once a minute, so this goes on beside the load.
    const lost = loseCarrier(system, scenesOf(system, commands));
    lost.catch(() => undefined); // reported below
    const orders = Number(flags.orders);
    say(`${orders} orders`);
    const progress = showProgress(process.stdout, orders);
    let done = 0;
    const connection = { url: system.state().urls['api'] ?? '', apiKey: system.state().apiKey };
    const began = performance.now();
    const onDone = (): void => {
      done += 1;
      progress.update(done);
    };
    await loadInWaves(connection, { from: 0, orders, onDone });
    progress.stop();
    say(`${Math.round(orders / ((performance.now() - began) / 1_000))} orders a second`);
    const samples = await fillWithScenes(system, commands, { receiverUrl: partners.url, held, say });
    say('an order whose workflow is ended until nobody carries it on');
    await lost;
    return samples;
  });
}

async function photograph(system: System, samples: Samples): Promise<void> {
  const { apiKey, ports } = system.state();
  const connection = { url: system.state().urls['api'] ?? '', apiKey };
  // A folder that is used again has sold for a while.
  await fillCatalogue(system.shop);
  // An outage of the provider ends with its process, so these are placed now.
  for (let n = 0; n < 3; n += 1)
    await system.shop.place({ ...orderNumber(600_000 + n), payment: { method: 'pm_sandbox_outage' } });
  const browser = await launchBrowser({
    args: [
      `--host-resolver-rules=MAP ${HOST} 127.0.0.1:${ports['PORT'] ?? ''}`,
      `--unsafely-treat-insecure-origin-as-secure=http://${HOST}`,
      '--font-render-hinting=none',
    ],
    env: fontsOf(join(folder, 'fonts'), [await pictureFonts('.data')]),
  });
  const stop = new AbortController();
  const alive = trickle(connection, { from: 500_000, ratePerSecond: TRICKLE, signal: stop.signal });
  try {
    say('pictures');
    const problems = await takePictures(browser, {
      ...{ url: `http://${HOST}`, apiKey, samples, say },
      folder: PICTURES_FOLDER,
      only: flags.only?.split(','),
    });
    for (const problem of problems) say(`problem: ${problem}`);
    if (problems.length > 0) process.exitCode = 1;
    writeFileSync(PICTURES_PAGE, picturesDocument());
  } finally {
    stop.abort();
    await alive;
    await browser.close();
  }
}
