import type { MailData, OrderMailData } from '../contracts/ports/mail-data.ts';

const order: OrderMailData = {
  orderId: 'ord_7f3c2a9e51d84b06a1c8e0f94d2b6a35',
  name: 'Ada Lovelace',
  currency: 'EUR',
  total: 6_900,
  lines: [
    { title: 'Enamel mug, 350 ml', quantity: 2, total: 2_400 },
    { title: 'Art print “Harbour at dusk”, 50 × 70 cm', quantity: 1, total: 4_500 },
  ],
  placedAt: '2026-03-14T09:26:53.000Z',
  shipping: {
    name: 'Ada Lovelace',
    line1: 'Lindenstraße 12',
    line2: '3. OG',
    city: 'Berlin',
    postalCode: '10969',
    country: 'DE',
  },
};
const captured = { captured: 6_900, capturable: 0, refunded: 0 };
const mugs = { title: 'Enamel mug, 350 ml', quantity: 2 };
const shipment = {
  lines: [mugs],
  carrier: 'DHL',
  trackingCode: '00340434161094021501',
  trackingUrl: 'https://track.carrier.example/00340434161094021501',
  handedOverAt: '2026-03-16T14:05:00.000Z',
  completes: false,
};
const returned = { number: 1, lines: [{ ...mugs, quantity: 1 }], exchange: false };
const unsubscribeUrl = 'https://shop.example/unsubscribe?token=sample';

/** A mail of each kind, with data like a shop's, for the preview and the tests. */
export const SAMPLE_MAILS: MailData = {
  created: order,
  paid: { ...order, payment: captured },
  payment_failed: order,
  out_of_stock: order,
  expired: order,
  rejected: order,
  cancelled: { ...order, payment: { ...captured, refunded: 6_900 } },
  refunded: {
    ...order,
    refund: { amount: 1_200, lines: [{ ...mugs, quantity: 1, total: 1_200 }] },
  },
  shipped: { ...order, shipment },
  out_for_delivery: { ...order, shipment },
  delivered: { ...order, shipment: { ...shipment, deliveredAt: '2026-03-18T11:40:00.000Z' } },
  return_label: {
    ...order,
    return: {
      ...returned,
      carrier: 'DHL',
      trackingCode: '00340434161094021518',
      labelUrl: 'https://labels.carrier.example/00340434161094021518.pdf',
    },
  },
  return_declined: {
    ...order,
    return: { ...returned, note: 'The mug was used, so we cannot sell it again.' },
  },
  return_received: { ...order, return: returned },
  low_stock: {
    sku: 'mug-01',
    title: 'Enamel mug, 350 ml',
    location: 'Warehouse Berlin',
    state: 'low',
    available: 4,
    lowAt: 5,
    raisedAt: '2026-03-14T09:28:00.000Z',
  },
  back_in_stock: {
    title: 'Enamel mug, 350 ml',
    unitPrice: 1_200,
    currency: 'EUR',
    productUrl: 'https://shop.example/mug-01',
    unsubscribeUrl,
  },
  back_in_stock_confirm: {
    title: 'Enamel mug, 350 ml',
    confirmUrl: 'https://shop.example/confirm?token=sample',
    unsubscribeUrl,
  },
};
