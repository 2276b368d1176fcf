import { styleText } from 'node:util';

export interface BannerFacts {
  readonly apiUrl: string;
  readonly temporalUiUrl: string | undefined;
  readonly sandboxUrl: string | undefined;
  /** The configured brokers, with addresses that have no password. */
  readonly brokers: readonly { readonly name: string; readonly address: string }[];
  readonly apiKey: string;
  readonly dataDir: string;
  /** Whether the `checkout` command looks into another folder unless it is told the data folder. */
  readonly isOtherDataDir: boolean;
  readonly seconds: string;
}

/** Returns the text that `npm start` prints when all parts are ready. Its last line is a command for a shell. */
export function banner(facts: BannerFacts): string {
  const { apiUrl, temporalUiUrl, sandboxUrl, brokers, apiKey, dataDir, isOtherDataDir, seconds } = facts;
  const rows: (readonly [string, string | undefined])[] = [
    ['Board', `${apiUrl}/board`],
    ['API', apiUrl],
    ['API docs', `${apiUrl}/docs`],
    ['Temporal UI', temporalUiUrl],
    ['Sandbox', sandboxUrl],
    ...brokers.map(({ name, address }) => [name, address] as const),
    ['API key', apiKey],
    ['Data', dataDir],
  ];
  const checkout = `${isOtherDataDir ? `CHECKOUT_DATA_DIR=${quoted(dataDir)} ` : ''}npx checkout`;
  return [
    '',
    `${emphasised('durable-checkout is ready')} (started in ${seconds} s). Press Ctrl-C to stop it.`,
    '',
    ...aligned(rows.filter((row): row is [string, string] => row[1] !== undefined)),
    '',
    ...aligned([
      [`${checkout} watch`, 'shows all orders, live'],
      [`${checkout} load --orders 300`, 'places 300 orders'],
      [`${checkout} --help`, 'lists all commands'],
    ]),
    '',
    'To place an order, paste this into another terminal:',
    '',
    curlLine(apiUrl, apiKey),
    '',
  ].join('\n');
}

/** Two columns. */
function aligned(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

/** Without effect where the output is not a terminal. Given several styles at once, Node 20 would ignore the stream. */
const emphasised = (text: string): string =>
  styleText('bold', styleText('green', text, { stream: process.stdout }), { stream: process.stdout });

/**
 * Returns a curl command that places an order.
 *
 * @param now becomes part of the Idempotency-Key: the command places the same order however often it is run
 */
function curlLine(apiUrl: string, apiKey: string, now = new Date()): string {
  const order = {
    customer: { email: 'ada@example.com', name: 'Ada' },
    currency: 'EUR',
    lines: [{ sku: 'mug-01', quantity: 2 }],
    payment: { method: 'pm_card_visa' },
    shipping: { name: 'Ada', line1: '1 High St', city: 'Berlin', postalCode: '10115', country: 'DE' },
    expectedTotal: 2400,
  };
  const key = `demo-${now.toISOString().replaceAll(/\D/g, '').slice(0, 14)}`;
  const headers = [
    `Authorization: Bearer ${apiKey}`,
    `Idempotency-Key: "${key}"`,
    'Prefer: wait=10',
    'Content-Type: application/json',
  ];
  return `curl -sS ${apiUrl}/v1/orders ${headers.map((header) => `-H ${quoted(header)}`).join(' ')} -d ${quoted(JSON.stringify(order))}`;
}

/** Quotes a word for a POSIX shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
