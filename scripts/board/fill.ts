import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { line } from '../../harness/orders.ts';
import { waitFor } from '../../harness/wait-for.ts';
import { checkoutWorkflowId } from '../../src/contracts/temporal/names.ts';
import type { OrderView } from '../../src/contracts/http/order.ts';
import type { Samples } from '../../test/support/browser/board-pages.ts';
import { scenesOf, type Scenes } from '../../test/support/browser/scenes.ts';
import type { System } from '../../test/support/system.ts';
import { orderNumber } from './load.ts';

/** Orders from here on are those of the scenes, so that each customer is another. */
const SCENES_FROM = 900_000;

/**
 * In a shop that authorises first and whose customers have little time: payments that are held, one of which is captured in part, and
 * orders that expire. They stay as they are when the shop is started again with its usual settings.
 *
 * @returns the order that is captured in part
 */
export async function fillWithHolds(system: System, commands: string): Promise<string> {
  const scenes = scenesOf(system, commands);
  const awaiting = { method: 'pm_card_authenticationRequired' };
  for (let n = 0; n < 6; n += 1) await scenes.place({ ...orderNumber(SCENES_FROM + n), payment: awaiting });
  for (let n = 6; n < 20; n += 1) await scenes.place(heldOrder(n));
  const part = await scenes.place(heldOrder(20));
  await system.shop.captureOrder(part.orderId, { amount: Math.floor(part.total / 2) }, randomUUID());
  await waitFor('the orders have expired', async () => {
    const { data } = await system.shop.listOrders({ status: 'expired', limit: 10 });
    return data.length >= 6;
  });
  return part.orderId;
}

const heldOrder = (n: number) => ({ ...orderNumber(SCENES_FROM + n), payment: { method: 'pm_card_visa' } });

/** Everything that happens to few orders: reviews, disputes, returns, refunds, parked steps, parcels, messages, webhooks, an audit. */
export async function fillWithScenes(
  system: System,
  commands: string,
  { receiverUrl, held, say }: { receiverUrl: string; held: string; say: (what: string) => void },
): Promise<Samples> {
  const { shop, sandbox } = system;
  const scenes = scenesOf(system, commands);
  let number = SCENES_FROM + 100;
  const next = () => {
    const { customer, locale } = orderNumber((number += 1));
    return { customer, ...(locale && { locale }) };
  };
  const shipping = () => ({ ...next(), shipping: { ...ADDRESS, name: 'Grace Hopper' } });

  say('webhooks');
  const { endpointId } = await shop.addWebhookEndpoint({
    url: `${receiverUrl}/warehouse`,
    description: 'The warehouse',
  });
  await shop.addWebhookEndpoint({
    url: `${receiverUrl}/accounting`,
    description: 'Accounting',
    events: ['order.paid', 'order.refunded'],
  });
  await shop.addWebhookEndpoint({
    url: `${receiverUrl}/loyalty`,
    description: 'Loyalty points',
    events: ['order.delivered'],
  });

  say('reviews');
  const reviews = [];
  for (const quantity of [60, 80, 45, 70])
    reviews.push(await scenes.place({ ...next(), lines: [line('mug-01', quantity)] }));
  const [review, approved, rejected] = reviews;
  if (!review || !approved || !rejected) throw new Error('there are four reviews');
  await shop.reviewOrder(approved.orderId, { decision: 'approve' });
  await shop.reviewOrder(rejected.orderId, { decision: 'reject', note: 'the address does not exist' });

  say('parcels and returns');
  const delivered = await scenes.delivered(shipping());
  await shop.refundOrder(delivered.orderId, { amount: 500, reason: 'arrived late' }, randomUUID());
  await scenes.askToReturn(delivered, 'the glaze has a crack');
  const accepted = await scenes.askToReturn(await scenes.delivered(shipping()), 'ordered twice');
  await shop.decideReturn(accepted, 'open', {});
  const received = await scenes.askToReturn(await scenes.delivered(shipping()), 'too small');
  await shop.decideReturn(received, 'open', {});
  await shop.receiveReturn(
    received,
    { lines: [{ line: 1, quantity: 1, disposition: 'restocked' }] },
    randomUUID(),
  );
  for (const until of ['in_transit', 'out_for_delivery', 'failure'] as const)
    await scenes.move((await scenes.withLabel(shipping())).shipment, until);
  const late = [await scenes.withLabel(shipping()), await scenes.withLabel(shipping())];
  const onTheWay = await scenes.withLabel(shipping());
  await scenes.move(onTheWay.shipment, 'in_transit');

  say('disputes, refunds, cancellations');
  const disputed = await scenes.disputed(next());
  await scenes.disputed({ ...next(), payment: { method: 'pm_card_createDisputeProductNotReceived' } });
  const refunded = await scenes.place(next());
  await shop.refundOrder(refunded.orderId, { reason: 'the customer has changed her mind' }, randomUUID());
  await shop.cancelOrder((await scenes.place(next())).orderId, 'ordered twice');
  const parked = await scenes.refusedRefund(next());
  for (let n = 0; n < 4; n += 1) await scenes.refusedRefund(next());
  for (const line2 of ['sandbox_no_funds', 'sandbox_refused'])
    await scenes.place({ ...shipping(), lines: [line('mug-01')], shipping: { ...ADDRESS, line2 } });

  say('stock and messages');
  await scenes.oversold('Picnic basket');
  const sku = await scenes.oversold('Enamel kettle');
  const deadLetterId = await scenes.deadLetters();
  await shiftTimes(
    system,
    late.map(({ shipment }) => shipment.shipmentId),
    3,
  );
  await shiftTimes(system, [onTheWay.shipment.shipmentId], 16);

  say('a batch and a brake');
  await scenes.batch('retry', [parked.orderId], 'the bank works again');
  const toApprove = [];
  for (let n = 0; n < 18; n += 1)
    toApprove.push(await scenes.place({ ...next(), lines: [line('lamp-table', 6)] }));
  await shop.cancelOrder(toApprove[0]?.orderId ?? '', 'ordered twice');
  const batchId = await scenes.batch(
    'approve',
    toApprove.map(({ orderId }) => orderId),
    'known customers, called by Ada',
  );
  await scenes.pauseItem(sku);

  const auditId = await scenes.differingAudit();
  await sandbox.post('/account', { payments: 0 });
  return {
    orders: {
      delivered: delivered.orderId,
      parked: parked.orderId,
      review: review.orderId,
      disputed: disputed.orderId,
      held,
    },
    ...{ sku, deadLetterId, endpointId, auditId, batchId },
  };
}

const ADDRESS = {
  name: 'Grace Hopper',
  line1: '4 Mill Road',
  city: 'Berlin',
  postalCode: '10115',
  country: 'DE',
};

/**
 * The only thing that no shop can do: makes parcels older, by days. A parcel is late after two days, and after 14 on its way.
 */
async function shiftTimes(system: System, shipmentIds: readonly string[], days: number): Promise<void> {
  const client = new pg.Client({ connectionString: system.databaseUrl() });
  await client.connect();
  try {
    await client.query(
      `update shipments set created_at = created_at - $2 * interval '1 day', handed_over_at = handed_over_at - $2 * interval '1 day'
        where shipment_id = any($1)`,
      [shipmentIds, days],
    );
  } finally {
    await client.end();
  }
}

/** How often the workflow of an order is ended until the sweep gives it up, and how long that takes at most. Milliseconds. */
const LOSE_POLL_MS = 3_000;
const LOSE_TIMEOUT_MS = 600_000;

/** Ends the workflow of an order again and again, as a careless operator of Temporal could, until the order waits for somebody. */
export async function loseCarrier(system: System, scenes: Pick<Scenes, 'place'>): Promise<OrderView> {
  const { orderId } = await scenes.place({
    ...orderNumber(SCENES_FROM + 50),
    payment: { method: 'pm_card_authenticationRequired' },
  });
  const connection = await Connection.connect({
    address: `127.0.0.1:${system.state().ports['TEMPORAL_PORT'] ?? ''}`,
  });
  try {
    const handle = new Client({ connection }).workflow.getHandle(checkoutWorkflowId(orderId));
    const deadline = performance.now() + LOSE_TIMEOUT_MS;
    while (performance.now() < deadline) {
      const order = await system.shop.getOrder(orderId);
      if (order.attention !== null) return order;
      await handle.terminate('by hand').catch(() => undefined); // it has ended already
      await delay(LOSE_POLL_MS);
    }
    throw new Error('the order was carried on all the time');
  } finally {
    await connection.close();
  }
}
