import type { LostShipmentBody, ShipmentReportBody, ShipmentView } from '../../contracts/http/shipments.ts';
import { ORDER_ID } from './order-examples.ts';

const shipment: ShipmentView = {
  shipmentId: `shp_${ORDER_ID.replace('ord_', '')}_1`,
  number: 1,
  status: 'in_transit',
  location: 'default',
  carrier: 'USPS',
  service: 'Priority',
  trackingCode: '9400100110368065912367',
  trackingUrl: 'https://track.easypost.com/djE6dHJrXzE',
  labelUrl: 'https://easypost-files.s3.amazonaws.com/files/postage_label/1.png',
  lines: [{ line: 1, sku: 'mug-01', quantity: 2 }],
  tracking: [
    {
      at: '2026-11-28T07:14:00.000Z',
      status: 'in_transit',
      message: 'Arrived at the post office',
      city: 'Berlin',
      country: 'DE',
    },
  ],
  handedOverAt: '2026-11-28T07:14:00.000Z',
  createdAt: '2026-11-27T18:51:03.401Z',
  updatedAt: '2026-11-28T07:15:22.118Z',
};

export const SHIPMENT_EXAMPLES = {
  Shipment: shipment,
  ShipmentReport: {
    lines: [{ line: 1, quantity: 2 }],
    carrier: 'DHLPaket',
    trackingCode: 'JJD000390007912345678',
    handedOverAt: '2026-11-28T07:14:00Z',
  } satisfies ShipmentReportBody,
  LostShipment: { action: 'reship' } satisfies LostShipmentBody,
  ListedShipment: { orderId: ORDER_ID, ...shipment },
};
