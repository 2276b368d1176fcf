import { waitThroughFaults } from '../../harness/wait-for.ts';
import { customerAddress } from '../system/addresses.ts';
import { OTHER_LOCATION, type Shop } from '../system/shop.ts';
import {
  deliver,
  isParked,
  labelled,
  labelsRefunded,
  openReturn,
  received,
  resolveStep,
  returnLabelled,
  sendBack,
  shippedRequest,
} from './parcels.ts';
import { place, reaches } from './requests.ts';
import type { Scenario } from './scenario.ts';

/**
 * With the 15 s after which Temporal notices that the heartbeats of a request to the carrier are missing, and with everything that
 * still happens to the order.
 */
const CARRIER_RECOVERY_MS = 90_000;
/** A label whose purchase was not answered is tracked a minute later. */
const LOST_ANSWER_RECOVERY_MS = 120_000;
/** The process may die while the first label is given back, before the second one is bought. */
const TWO_LABELS_RECOVERY_MS = 120_000;

/** What happens to an order after its payment, until it is closed or has come back. */
export const SHIPPING_SCENARIOS: readonly Scenario[] = [
  {
    title: 'shipped and delivered',
    shop: 'ships',
    reaches: [
      'fulfilment:planFulfilment',
      'fulfilment:buyLabel',
      'fulfilment:trackShipments',
      'fulfilment:notify',
    ],
    ends: 'closed',
    maxRecoveryMs: CARRIER_RECOVERY_MS,
    tasks: true,
    async drive({ api }, { key }) {
      await place(api, shippedRequest(), key);
    },
  },
  {
    title: 'the answer to the purchase of its label is lost',
    shop: 'ships',
    reaches: ['fulfilment:buyLabel'],
    again: ['fulfilment:buyLabel'],
    ends: 'closed',
    maxRecoveryMs: LOST_ANSWER_RECOVERY_MS,
    async drive({ api }, { key }) {
      await place(api, shippedRequest('sandbox_answer_lost'), key);
    },
  },
  {
    title: 'captured when it is handed over',
    shop: 'captures when it ships',
    reaches: ['beginCapture', 'capturePayment', 'finishCapture'],
    ends: 'closed',
    maxRecoveryMs: CARRIER_RECOVERY_MS,
    async drive({ api }, { key }) {
      await place(api, shippedRequest(undefined, 'item-1', 2), key);
    },
  },
  {
    title: 'shipped after its address was corrected',
    shop: 'ships',
    reaches: ['fulfilment:parkStep', 'fulfilment:resolveStep'],
    ends: 'closed',
    maxRecoveryMs: CARRIER_RECOVERY_MS,
    async drive(shop, { key, orderId }) {
      await place(shop.api, shippedRequest('sandbox_refused'), key);
      await isParked(shop, orderId, 'buyLabel');
      await shop.api.changeAddress(orderId, customerAddress());
    },
  },
  {
    title: 'shipped from another location, since its pieces are missing',
    shop: 'ships',
    reaches: ['fulfilment:allocateStock'],
    ends: 'closed',
    maxRecoveryMs: CARRIER_RECOVERY_MS,
    async drive(shop, { key, orderId }) {
      const sku = await ownItem(shop, orderId, 2);
      await shop.api.putStock(sku, { ...ITEM, onHand: 2, location: OTHER_LOCATION });
      // No label is bought to this address, so that the pieces are still there when they are counted.
      await place(shop.api, shippedRequest('sandbox_refused', sku), key);
      await isParked(shop, orderId, 'buyLabel');
      await shop.api.putStock(sku, { ...ITEM, onHand: 0 });
      await shop.api.changeAddress(orderId, customerAddress());
      await resolveStep(shop, orderId, 'allocateStock', 'retry');
    },
  },
  {
    title: 'a piece is cancelled after its label was bought, the other one is delivered and comes back',
    shop: 'takes back',
    reaches: ['fulfilment:refundLabel'],
    ends: 'refunded',
    maxRecoveryMs: TWO_LABELS_RECOVERY_MS,
    tasks: true,
    async drive(shop, { key, orderId }) {
      await place(shop.api, shippedRequest(undefined, 'item-1', 2), key);
      await labelled(shop, orderId);
      await shop.api.cancelOrderLines(orderId, { lines: [{ line: 1, quantity: 1 }] }, 'line');
      await labelsRefunded(shop, orderId);
      await deliver(shop, orderId);
      await sendBack(shop, orderId, 1);
    },
  },
  {
    title: 'delivered and returned',
    shop: 'takes back',
    reaches: ['fulfilment:readReturnWork', 'fulfilment:buyReturnLabel', 'fulfilment:closeReturn'],
    ends: 'refunded',
    maxRecoveryMs: CARRIER_RECOVERY_MS,
    tasks: true,
    async drive(shop, { key, orderId }) {
      await place(shop.api, shippedRequest(), key);
      await deliver(shop, orderId);
      await sendBack(shop, orderId, 1);
    },
  },
  {
    title: 'exchanged',
    shop: 'takes back',
    reaches: ['fulfilment:placeExchangeOrder'],
    ends: 'refunded',
    maxRecoveryMs: CARRIER_RECOVERY_MS,
    async drive(shop, { key, orderId }) {
      await place(shop.api, shippedRequest(), key);
      await deliver(shop, orderId);
      const returnId = await openReturn(shop, orderId, {
        lines: [{ line: 1, quantity: 1 }],
        exchange: { lines: [{ sku: 'item-2', quantity: 1 }] },
      });
      await returnLabelled(shop, returnId);
      await shop.api.receiveReturn(returnId, received(1), 'receipt');
      const exchange = await exchangeOrder(shop, returnId);
      await deliver(shop, exchange);
      await shop.api.refundOrder(exchange, { reason: 'returned' }, 'whole');
      await reaches(shop.api, exchange, ['refunded']);
    },
  },
  {
    title: 'sent by the warehouse and returned, without the label and the exchange that an operator skips',
    shop: 'takes back',
    reaches: ['fulfilment:skipReturnLabel', 'fulfilment:skipExchange'],
    ends: 'refunded',
    maxRecoveryMs: CARRIER_RECOVERY_MS,
    async drive(shop, { key, orderId }) {
      const wanted = await ownItem(shop, orderId, 1);
      // The carrier sells no label to this address, neither to the customer nor back.
      await place(shop.api, shippedRequest('sandbox_no_label'), key);
      await isParked(shop, orderId, 'buyLabel');
      await shop.api.reportShipment(
        orderId,
        { lines: [{ line: 1, quantity: 1 }], carrier: 'USPS', trackingCode: deliveredCode(orderId) },
        'parcel',
      );
      await reaches(shop.api, orderId, ['delivered']);
      const returnId = await openReturn(shop, orderId, {
        lines: [{ line: 1, quantity: 1 }],
        exchange: { lines: [{ sku: wanted, quantity: 1 }] },
      });
      await resolveStep(shop, orderId, 'buyReturnLabel', 'skip');
      // The order of the exchange is refused: the item has another currency now.
      await shop.api.putStock(wanted, { ...ITEM, currency: 'USD', onHand: 1 });
      await shop.api.receiveReturn(returnId, received(1), 'receipt');
      await resolveStep(shop, orderId, 'placeExchangeOrder', 'skip');
    },
  },
];

const ITEM = { title: 'An item of one order', unitPrice: 1_000, currency: 'EUR' } as const;

/** Creates an item for this order alone, and returns its SKU. */
async function ownItem({ api }: Shop, orderId: string, onHand: number): Promise<string> {
  const sku = `of-${orderId}`;
  await api.putStock(sku, { ...ITEM, onHand });
  return sku;
}

/** A tracking code with which the sandbox has delivered the parcel at once. */
const deliveredCode = (orderId: string): string => `EZ4${orderId.slice(-20).toUpperCase()}`;

async function exchangeOrder({ api }: Shop, returnId: string): Promise<string> {
  let orderId: string | undefined;
  await waitThroughFaults(
    `the order of the exchange of ${returnId} is placed`,
    async () => {
      orderId = (await api.getReturn(returnId)).exchange?.orderId;
      return orderId !== undefined;
    },
    90_000,
  );
  if (orderId === undefined) throw new Error(`${returnId} has no order of the exchange`);
  return orderId;
}
