/**
 * Takes the pictures of the documentation from a running system (`npm start`): places a few orders, takes pictures of them in the
 * Temporal UI, and writes the files to `docs/images`.
 *
 *   npx tsx scripts/pictures/take-pictures.ts [--only run,list] [--temporal-ui http://127.0.0.1:8233]
 *
 * The address and key of the API are found as `checkout place` finds them. CHROMIUM names another browser than
 * the one that is found.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { ApiClient } from '../../harness/api/api-client.ts';
import { findConnection } from '../../src/cli/support/connection.ts';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { checkoutWorkflowId } from '../../src/contracts/temporal/names.ts';
import { launch, save } from './browser.ts';

/** The UI draws with an animation after its data has arrived. Milliseconds. */
const SETTLE_MS = 1_500;
const NAMESPACE = process.env['TEMPORAL_NAMESPACE'] ?? 'default';

/** The payment methods of the orders in the list: one for each outcome, and the usual one several times. */
const METHODS = [
  'pm_card_visa',
  'pm_card_chargeDeclined',
  'pm_card_visa',
  'pm_card_authenticationRequired',
  'pm_sandbox_timeout_after_charge',
  'pm_card_visa',
  'pm_sandbox_error_once',
];
/** Its first charge fails, so that its workflow shows a retry. */
const RETRIED_METHOD = 'pm_sandbox_error_once';

/** The columns of the list of workflows, as the Temporal UI stores them in the browser. */
const COLUMNS = ['Status', 'OrderStatus', 'Workflow ID', 'Start', 'Execution Duration'];

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: 'run,list' },
    'temporal-ui': { type: 'string' },
  },
});
const wanted = new Set(flags.only.split(','));
const connection = findConnection({}, process.env);
const temporalUi = flags['temporal-ui'] ?? temporalUiOfDev() ?? 'http://127.0.0.1:8233';

const orders = await placeOrders();
const browser = await launch();
try {
  if (wanted.has('run')) await takeRun(browser, orders);
  if (wanted.has('list')) await takeList(browser);
} finally {
  await browser.close();
}

async function placeOrders(): Promise<OrderView[]> {
  const api = new ApiClient(connection);
  const place = (method: string, sku = 'mug-01', quantity = 2): Promise<OrderView> =>
    api.placeOrder(
      {
        customer: { email: 'ada@example.com', name: 'Ada' },
        currency: 'EUR',
        lines: [{ sku, quantity }],
        payment: { method },
      },
      { key: randomUUID(), waitSeconds: 20 },
    );
  // The first order after a start takes longer than any later one, because connections and caches are cold.
  await place('pm_card_visa');
  const placed = [await place('pm_card_visa', 'last-one', 5)];
  for (const method of METHODS) placed.push(await place(method));
  return placed;
}

async function takeRun(on: Browser, placed: OrderView[]): Promise<void> {
  const order = placed.find(({ payment }) => payment.method === RETRIED_METHOD);
  if (order?.status !== 'paid') throw new Error(`The order with ${RETRIED_METHOD} is not paid`);
  const page = await open(on, 1600, 1000);
  await page.goto(workflowsAt(`/${encodeURIComponent(checkoutWorkflowId(order.orderId))}`));
  await page.getByText('confirmOrder').first().waitFor();
  await page.getByText('notify').first().waitFor();
  await saveSettled(page, 'temporal-ui-run.png');
}

async function takeList(on: Browser): Promise<void> {
  const page = await open(on, 1600, 820);
  const columns = JSON.stringify({ [NAMESPACE]: COLUMNS.map((label) => ({ label })) });
  await page.addInitScript(
    `localStorage.setItem('namespace-workflow-table-columns', ${JSON.stringify(columns)})`,
  );
  await page.goto(workflowsAt(''));
  await page.getByText('awaiting_customer').first().waitFor();
  await saveSettled(page, 'temporal-ui-list.png');
}

function workflowsAt(rest: string): string {
  return `${temporalUi}/namespaces/${NAMESPACE}/workflows${rest}`;
}

function open(on: Browser, width: number, height: number): Promise<Page> {
  return on.newPage({
    viewport: { width, height },
    colorScheme: 'light',
    timezoneId: 'UTC',
    locale: 'en-GB',
  });
}

async function saveSettled(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(SETTLE_MS);
  await save(page, name);
}

/** The address of the Temporal UI that `npm start` writes to `dev.json` while it runs. */
function temporalUiOfDev(): string | undefined {
  const file = join(process.env['CHECKOUT_DATA_DIR'] ?? '.data', 'dev.json');
  try {
    const state: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const urls: unknown = Reflect.get(Object(state), 'urls');
    const url: unknown = Reflect.get(Object(urls), 'temporalUi');
    return typeof url === 'string' ? url : undefined;
  } catch {
    return undefined;
  }
}
