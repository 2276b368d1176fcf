export interface BannerFacts {
  readonly apiUrl: string;
  readonly temporalUiUrl: string | undefined;
  readonly sandboxUrl: string | undefined;
  readonly apiKey: string;
  readonly seconds: string;
}

/** Returns the text that `npm start` prints when all parts are ready. Its last line is a command for a shell. */
export function banner({ apiUrl, temporalUiUrl, sandboxUrl, apiKey, seconds }: BannerFacts): string {
  const rows: (readonly [string, string | undefined])[] = [
    ['API', apiUrl],
    ['API docs', `${apiUrl}/docs`],
    ['Temporal UI', temporalUiUrl],
    ['Sandbox', sandboxUrl],
    ['API key', apiKey],
  ];
  const lines = rows.flatMap(([label, value]) =>
    value === undefined ? [] : [`  ${label.padEnd(12)} ${value}`],
  );
  return [
    '',
    `durable-checkout is ready (started in ${seconds} s). Press Ctrl-C to stop it.`,
    '',
    ...lines,
    '',
    'To place an order, paste this into another terminal:',
    '',
    curlLine(apiUrl, apiKey),
    '',
  ].join('\n');
}

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
