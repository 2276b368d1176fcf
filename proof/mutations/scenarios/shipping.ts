import { setTimeout as delay } from 'node:timers/promises';
import type { OrderView } from '../../../src/contracts/http/order.ts';
import type { Basket } from '../../model/catalogue.ts';
import type { ModelOrder } from '../../model/order.ts';
import type { World } from '../../model/world.ts';
import { labelled, report } from '../../orders/parcels.ts';
import { customerAddress } from '../../system/addresses.ts';
import type { CarrierLabel } from '../../system/provider.ts';
import { differs, planOf, soon, type Scenario } from './scenario.ts';

/** Longer than some attempts to buy a label. */
const LABEL_TIMEOUT_MS = 20_000;
/** A defect would show itself within this time. */
const WHILE_MS = 3_000;

export const SHIPPING_SCENARIOS = {
  'the answers to the purchase of a label are lost': {
    bare: true,
    async run(world) {
      const { orderId } = await shipped(world, { cheap: 1 }, 'sandbox_answer_lost');
      const found = await soon('the label is bought', () => hasLabel(world, orderId), LABEL_TIMEOUT_MS);
      const labels = await labelsOf(world, orderId);
      return [...found, ...differs('labels at the carrier', labels.length, 1)];
    },
  },
  'a line is cancelled after its label was bought': {
    bare: true,
    async run(world) {
      const { api } = world.shop;
      const { orderId } = await shipped(world, { cheap: 3 });
      await labelled(world.shop, orderId);
      await api.cancelOrderLines(orderId, { lines: [{ line: 1, quantity: 1 }] }, 'line');
      return [
        ...(await soon('the unused label is given back, and another one is bought', async () => {
          const labels = await labelsOf(world, orderId);
          return labels.length === 2 && labels.filter(({ isRefunded }) => isRefunded).length === 1;
        })),
        ...(await refunds(world, orderId, [1_000])),
        ...(await counts(world, { onHand: 30, available: 28, committed: 2 })),
        ...(await world.audit()),
      ];
    },
  },
  'a parcel is delivered': {
    bare: true,
    async run(world) {
      const order = await shipped(world, { cheap: 2 });
      const found = await delivered(world, order);
      return [
        ...found,
        ...(await counts(world, { onHand: 28, available: 28, committed: 0 })),
        ...(await world.audit()),
      ];
    },
  },
  'a late report of the carrier': {
    bare: true,
    async run(world) {
      const { orderId } = await shipped(world, { cheap: 1 });
      const [shipment] = await labelled(world.shop, orderId);
      const shipmentId = shipment?.shipmentId ?? '';
      const has = (status: string) => async (): Promise<boolean> =>
        (await view(world, orderId)).shipments.some((each) => each.status === status);
      await report(world.shop, shipmentId, 'out_for_delivery');
      const found = await soon('the parcel is out for delivery', has('out_for_delivery'));
      await report(world.shop, shipmentId, 'in_transit');
      await delay(WHILE_MS);
      return (await has('out_for_delivery')())
        ? found
        : [...found, 'the parcel has gone back to a place before'];
    },
  },
  'the warehouse reports a parcel twice': {
    bare: true,
    settings: { FULFILMENT: 'warehouse' },
    async run(world) {
      const { orderId } = await shipped(world, { cheap: 3 });
      await handOver(world, orderId, 1);
      await handOver(world, orderId, 1);
      const { lines, shipments } = await view(world, orderId);
      return [
        ...differs('shipments', shipments.length, 1),
        ...differs('pieces handed over', lines[0]?.shipped, 1),
        ...(await counts(world, { onHand: 29, available: 27, committed: 2 })),
      ];
    },
  },
  'a part of an authorised order is handed over': {
    bare: true,
    settings: { FULFILMENT: 'warehouse', PAYMENT_CAPTURE: 'later' },
    async run(world) {
      const { orderId } = await shipped(world, { cheap: 2, scarce: 1 });
      await handOver(world, orderId, 1);
      const captured = async (): Promise<number> => (await view(world, orderId)).payment.captured;
      return [
        ...(await soon('something is captured', async () => (await captured()) > 0)),
        ...differs('captured', await captured(), 1_000),
      ];
    },
  },
  'a mail about a parcel is sent again': {
    bare: true,
    async run(world) {
      const { pool } = world.shop;
      const { orderId } = await shipped(world, { cheap: 1 });
      const [shipment] = await labelled(world.shop, orderId);
      await pool.query(`
        create or replace function refuse_sent() returns trigger language plpgsql as $$
          begin raise exception 'refused for a while' using errcode = '55000'; end $$;
        create trigger refuse_sent before update on mails for each row when (new.kind = 'shipped' and new.status = 'sent')
          execute function refuse_sent();`);
      const mails = async (): Promise<string[]> =>
        (await world.shop.provider.mails(orderId)).filter((id) => id.includes('.shipped'));
      try {
        await report(world.shop, shipment?.shipmentId ?? '', 'in_transit');
        const found = await soon(
          'the mail is sent again',
          async () => (await mails()).length > 1,
          LABEL_TIMEOUT_MS,
        );
        return [...found, ...differs('Message-IDs', new Set(await mails()).size, 1)];
      } finally {
        await pool.query('drop trigger refuse_sent on mails');
      }
    },
  },
} as const satisfies Record<string, Scenario>;

/** A paid order with an address. */
export async function shipped(world: World, basket: Basket, treatment?: string): Promise<ModelOrder> {
  const order = world.plan({ ...planOf('pm_card_visa', basket), shipping: customerAddress(treatment) });
  await world.place(order, true);
  return order;
}

export const view = ({ shop }: World, orderId: string): Promise<OrderView> => shop.api.getOrder(orderId);

/** The carrier delivers the parcels of the order. */
export async function delivered(world: World, { orderId }: ModelOrder): Promise<string[]> {
  for (const { shipmentId } of await labelled(world.shop, orderId)) {
    await report(world.shop, shipmentId, 'in_transit');
    await report(world.shop, shipmentId, 'delivered');
  }
  return soon('the order is delivered', async () => (await view(world, orderId)).status === 'delivered');
}

/** The warehouse reports, always as the same parcel, that it has handed over pieces of the first line. */
export async function handOver(world: World, orderId: string, quantity: number): Promise<void> {
  const parcel = {
    lines: [{ line: 1, quantity }],
    carrier: 'DHLPaket',
    trackingCode: `JJD${orderId.slice(-12)}`,
  };
  await world.shop.api.reportShipment(orderId, parcel, 'parcel');
}

/** @returns what is wrong with the counts of the cheap item */
export async function counts(
  world: World,
  expected: Partial<Record<'onHand' | 'available' | 'committed' | 'unavailable', number>>,
): Promise<string[]> {
  const item = await world.item('cheap');
  const is = Object.fromEntries(
    Object.keys(expected).map((name) => [name, Reflect.get(item, name) as number]),
  );
  return differs('pieces', is, expected);
}

/** @returns what is wrong with the amounts of the order's refunds, by their number */
export async function refunds(world: World, orderId: string, expected: readonly number[]): Promise<string[]> {
  const amounts = async (): Promise<number[]> =>
    (await view(world, orderId)).refunds
      .filter(({ status }) => status === 'succeeded')
      .sort((a, b) => a.number - b.number)
      .map(({ amount }) => amount);
  const found = await soon('the money is refunded', async () => (await amounts()).length >= expected.length);
  return [...found, ...differs('refunds', await amounts(), expected)];
}

/** What the carrier has sold for shipments of the order. */
async function labelsOf(world: World, orderId: string): Promise<CarrierLabel[]> {
  const labels = await world.shop.provider.labels(world.since);
  return labels.filter(({ reference }) => reference.includes(orderId.replace('ord_', '')));
}

const hasLabel = async (world: World, orderId: string): Promise<boolean> =>
  (await view(world, orderId)).shipments.some(({ status }) => status === 'label_bought');
