import type { Address } from '../../contracts/http/order.ts';
import type {
  LostShipmentBody,
  ShipmentChangeBody,
  ShipmentReportBody,
  ShipmentView,
} from '../../contracts/http/shipments.ts';
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
  Address: {
    name: 'Ada',
    line1: '1 High St',
    city: 'Berlin',
    postalCode: '10115',
    country: 'DE',
  } satisfies Address,
  Shipment: shipment,
  ShipmentReport: {
    lines: [{ line: 1, quantity: 2 }],
    carrier: 'DHLPaket',
    trackingCode: 'JJD000390007912345678',
    handedOverAt: '2026-11-28T07:14:00Z',
  } satisfies ShipmentReportBody,
  ShipmentChange: { reason: 'The customer wants to add a mug' } satisfies ShipmentChangeBody,
  LostShipment: { action: 'reship' } satisfies LostShipmentBody,
  EasyPostEvent: {
    id: 'evt_68cc0b10cc0c11f1b6ab8a1ad3a14b0f',
    object: 'Event',
    mode: 'production',
    description: 'tracker.updated',
    created_at: '2026-11-28T07:15:21Z',
    previous_attributes: { status: 'pre_transit' },
    result: { id: 'trk_2b7a7b4c1ae64d5c', object: 'Tracker', status: 'in_transit' },
  },
  EasyPostEventReceipt: { received: true },
  ListedShipment: { orderId: ORDER_ID, ...shipment },
};
