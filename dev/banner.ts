export interface BannerFacts {
  readonly apiUrl: string;
  readonly temporalUiUrl: string | undefined;
  readonly sandboxUrl: string | undefined;
  readonly apiKey: string;
  readonly seconds: string;
}

/** What `npm start` shows when everything is up. The last line can be pasted into a shell. */
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
    `durable-checkout is ready (${seconds} s). Ctrl-C stops it.`,
    '',
    ...lines,
    '',
    'Place an order:',
    '',
    curlLine(apiUrl, apiKey),
    '',
  ].join('\n');
}

/** @param now names the order: pasted twice it is the same order, as the Idempotency-Key promises. */
export function curlLine(apiUrl: string, apiKey: string, now = new Date()): string {
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

/** For any shell of POSIX kind. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
