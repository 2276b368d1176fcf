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

/** Who is behind an event, by what it is: an operator, the carrier, the payment provider, or the workflow. */
export function eventActor(type: string): 'operator' | 'carrier' | 'provider' | 'client' | 'workflow' {
  const name = eventName(type);
  if (/^(attention_(retry|skip|resolve)|review_(approved|rejected))$/.test(name)) return 'operator';
  if (/^(shipped|delivered|out_for_delivery|shipment_(returning|lost))$/.test(name)) return 'carrier';
  if (/^(dispute_|payment_reconciled|refund_failed|late_payment)/.test(name)) return 'provider';
  if (/^(placed|refund_requested|return_requested|address_changed|line_cancelled)$/.test(name))
    return 'client';
  return 'workflow';
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
