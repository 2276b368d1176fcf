import type { AddressRecord, ShipmentRecord, TrackerRecord } from './records.ts';

/** The label of a shipment. The addresses of a return are exchanged on it. */
export function labelPage(shipment: ShipmentRecord, tracker: TrackerRecord): string {
  const { to_address, from_address, is_return, selected_rate } = shipment;
  const [from, to] = is_return ? [to_address, from_address] : [from_address, to_address];
  const service = `${selected_rate?.carrier ?? ''} ${selected_rate?.service ?? ''}`;
  return page(
    'Label',
    `<h1>${escaped(service)}</h1><p><small>From</small><br>${lines(from)}</p><p><small>To</small><br><b>${lines(to)}</b></p><p><code>${escaped(tracker.tracking_code)}</code></p><p><small>A label of the sandbox. No carrier takes it.</small></p>`,
  );
}

/** What the carrier has reported about a parcel. */
export function trackingPage({ tracking_code, carrier, status, details }: TrackerRecord): string {
  const rows = details.map(
    ({ datetime, message, place }) =>
      `<li>${escaped(datetime)} ${escaped(message)}${place.city === null ? '' : `, ${escaped(place.city)}`}</li>`,
  );
  return page(
    'Tracking',
    `<h1>${escaped(status.replaceAll('_', ' '))}</h1><p>${escaped(carrier)} <code>${escaped(tracking_code)}</code></p><ul>${rows.join('')}</ul>`,
  );
}

const page = (title: string, content: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>body{font:16px/1.5 system-ui;max-width:28rem;margin:4rem auto;padding:0 1rem}</style>${content}</html>`;

function lines({ name, company, street1, street2, city, state, zip, country }: AddressRecord): string {
  const place = [zip, city, state].filter((each) => each !== null).join(' ');
  return [name, company, street1, street2, place, country]
    .filter((each) => each !== null)
    .map(escaped)
    .join('<br>');
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
