import type { ListedShipmentView, ShipmentStatus, ShipmentView } from '../../contracts/http/shipments.ts';
import { drawPairs, drawTable } from './table.ts';
import { paint, type Output, type Style } from './terminal.ts';

const STATUS_STYLE: Readonly<Record<ShipmentStatus, Style>> = {
  pending: 'yellow',
  allocated: 'cyan',
  label_bought: 'cyan',
  handed_over: 'green',
  in_transit: 'green',
  out_for_delivery: 'green',
  delivered: 'green',
  on_hold: 'yellow',
  cancelled: 'gray',
  returning: 'magenta',
  lost: 'red',
};

const statusOf = (stream: Output, status: ShipmentStatus): string =>
  paint(stream, STATUS_STYLE[status], status);

export const drawShipments = (stream: Output, shipments: readonly ListedShipmentView[]): string =>
  drawTable(
    stream,
    [
      { title: 'shipment' },
      { title: 'order' },
      { title: 'status' },
      { title: 'location' },
      { title: 'carrier' },
      { title: 'code' },
    ],
    shipments.map(({ shipmentId, orderId, status, location, carrier = '', trackingCode = '' }) => [
      shipmentId,
      orderId,
      statusOf(stream, status),
      location,
      carrier,
      trackingCode,
    ]),
  );

/** One shipment in full, with what the carrier has reported. */
export function drawShipment(stream: Output, shipment: ShipmentView): string {
  const { shipmentId, status, location, carrier, service, trackingCode, trackingUrl, labelUrl, replaces } =
    shipment;
  const pairs: [string, string][] = [
    ['shipment', shipmentId],
    ['status', statusOf(stream, status)],
    ['location', location],
    [
      'pieces',
      shipment.lines.map(({ line, sku, quantity }) => `${quantity} × ${sku} (line ${line})`).join(', '),
    ],
  ];
  if (carrier !== undefined) pairs.push(['carrier', [carrier, service].filter(Boolean).join(' ')]);
  if (trackingCode !== undefined) pairs.push(['code', trackingCode]);
  if (trackingUrl !== undefined) pairs.push(['tracking', trackingUrl]);
  if (labelUrl !== undefined) pairs.push(['label', labelUrl]);
  if (replaces !== undefined) pairs.push(['replaces', replaces]);
  if (shipment.handedOverAt !== undefined) pairs.push(['handed over', shipment.handedOverAt]);
  if (shipment.deliveredAt !== undefined) pairs.push(['delivered', shipment.deliveredAt]);
  const details = shipment.tracking.map(({ at, status: what, message = '', city = '', country = '' }) => [
    at,
    what,
    message,
    [city, country].filter(Boolean).join(', '),
  ]);
  const columns = [{ title: 'time' }, { title: 'status' }, { title: 'report' }, { title: 'place' }];
  return [
    drawPairs(stream, pairs),
    ...(details.length > 0 ? [drawTable(stream, columns, details)] : []),
  ].join('\n\n');
}
