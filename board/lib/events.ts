/** The short name of an event's type: `paid` of `com.durable-checkout.order.paid.v1`. */
export const eventName = (type: string): string =>
  type
    .replace(/^com\.durable-checkout\./, '')
    .replace(/^order\./, '')
    .replace(/\.v\d+$/, '');

/** How the point of an event looks in the timeline. */
export function eventColour(type: string): 'good' | 'act' | 'blue' | 'violet' | '' {
  const name = eventName(type);
  if (name === 'attention_raised' || name === 'dispute_created') return 'act';
  if (['paid', 'delivered', 'captured', 'closed'].includes(name)) return 'good';
  if (['shipped', 'reserved', 'out_for_delivery'].includes(name)) return 'blue';
  if (name === 'in_review' || name === 'awaiting_customer' || name.startsWith('return_')) return 'violet';
  return '';
}

/** What an event says besides its type, as one line: its note, reason or amount, where it has them. */
export function eventDetails(data: Readonly<Record<string, unknown>>) {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  const parts = [data, ...Object.values(data)].filter(
    (value): value is Record<string, unknown> =>
      typeof value === 'object' && value !== null && !Array.isArray(value),
  );
  const first = (...names: string[]) =>
    parts.flatMap((part) => names.map((name) => text(part[name]))).find((value) => value !== undefined);
  const amount = parts.map((part) => part['amount']).find((value) => typeof value === 'number');
  return {
    note: first('note'),
    step: first('step'),
    code: first('reason', 'declineCode'),
    amount,
    trackingCode: first('trackingCode'),
  };
}
