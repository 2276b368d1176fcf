import { randomUUID } from 'node:crypto';
import { event, PLACE, STOCK, type TestMessage } from '../../../harness/brokers/message.ts';
import { zeroMqClient } from '../../../harness/brokers/zeromq-client.ts';
import { line, orderRequest } from '../../../harness/orders.ts';
import { waitFor } from '../../../harness/wait-for.ts';
import type { Address, OrderRequest, OrderView } from '../../../src/contracts/http/order.ts';
import type { ShipmentView } from '../../../src/contracts/http/shipments.ts';
import type { System } from '../system.ts';

const ADDRESS: Address = {
  name: 'Ada Lovelace',
  line1: '1 High St',
  city: 'Berlin',
  postalCode: '10115',
  country: 'DE',
};

/** What happens to a parcel until it is there, as its carrier reports it. */
const JOURNEY = ['in_transit', 'out_for_delivery', 'delivered'] as const;

/** Ways to bring orders, messages and items into every state, by the API and by what the sandbox offers. Nothing is written to tables. */
export interface Scenes {
  place(changes?: Partial<OrderRequest>): Promise<OrderView>;
  /** A paid order whose parcel has a label. */
  withLabel(changes?: Partial<OrderRequest>): Promise<{ order: OrderView; shipment: ShipmentView }>;
  /** Lets the carrier report the parcel until it has this state. */
  move(shipment: ShipmentView, until: (typeof JOURNEY)[number] | 'failure'): Promise<void>;
  delivered(changes?: Partial<OrderRequest>): Promise<OrderView>;
  /** An order with a refund that its bank refuses, which waits for an operator. */
  refusedRefund(changes?: Partial<OrderRequest>): Promise<OrderView>;
  /** A charge that is disputed, with evidence to be handed in. */
  disputed(changes?: Partial<OrderRequest>): Promise<OrderView>;
  askToReturn(order: OrderView, reason: string): Promise<string>;
  /** Messages that cannot be executed; the first dead letter. */
  deadLetters(): Promise<string>;
  /** An item that is promised more often than it is there. */
  oversold(title: string): Promise<string>;
  /** An audit that finds payments which are no order's. */
  differingAudit(): Promise<string>;
  /** A batch that has ended. */
  batch(action: 'retry' | 'approve', orderIds: string[], note: string): Promise<string>;
  /** An item whose sale is paused. */
  pauseItem(sku: string): Promise<void>;
}

/** @param commands where the system takes commands by ZeroMQ */
export function scenesOf({ shop, sandbox }: System, commands: string): Scenes {
  const place: Scenes['place'] = (changes) => shop.place(changes, { wait: 30 });

  const withLabel: Scenes['withLabel'] = async (changes) => {
    const order = await place({
      lines: [line('mug-01', 2), line('print-01')],
      shipping: ADDRESS,
      ...changes,
    });
    const shipment = await waitFor(
      'a label is bought',
      async () => {
        const [found] = await shop.shipmentsOf(order.orderId);
        return found?.status === 'label_bought' && found;
      },
      60_000,
    );
    return { order, shipment };
  };

  const move: Scenes['move'] = async ({ trackingCode = '' }, until) => {
    const report = (status: string) => sandbox.post(`/parcels/${trackingCode}/report`, { status });
    if (until === 'failure') {
      await report('in_transit');
      await report('failure');
    } else for (const status of JOURNEY.slice(0, JOURNEY.indexOf(until) + 1)) await report(status);
  };

  return {
    place,
    withLabel,
    move,

    async delivered(changes) {
      const { order, shipment } = await withLabel(changes);
      await move(shipment, 'delivered');
      return shop.reaches(order.orderId, 'delivered');
    },

    async refusedRefund(changes) {
      const { orderId } = await place({ payment: { method: 'pm_sandbox_refund_fails' }, ...changes });
      await shop.refundOrder(orderId, { amount: 500, reason: 'scratched' }, randomUUID());
      return waitFor(
        'the refund waits for an operator',
        async () => {
          const order = await shop.getOrder(orderId);
          return order.attention !== null && order;
        },
        60_000,
      );
    },

    async disputed(changes) {
      const { orderId } = await place({ payment: { method: 'pm_card_createDispute' }, ...changes });
      return waitFor(
        'the dispute is known',
        async () => {
          const order = await shop.getOrder(orderId);
          return order.disputes.length > 0 && order;
        },
        60_000,
      );
    },

    async askToReturn({ orderId }, reason) {
      const body = { lines: [{ line: 1, quantity: 1 }], reason };
      return (await shop.requestReturn(orderId, body, randomUUID())).returnId;
    },

    async deadLetters() {
      const wrong: TestMessage[] = [
        event(PLACE, { ...orderRequest(), lines: [{ sku: 'mug-01', quantity: 'two' }] }),
        event(PLACE, { ...orderRequest(), currency: 'EURO' }),
        event(PLACE, { ...orderRequest(), payment: { method: '4242' } }),
        event(STOCK, { rows: [{ sku: 'mug-99', onHand: 3 }] }),
      ];
      const client = zeroMqClient(commands);
      try {
        for (const message of wrong) await client.send(message);
      } finally {
        await client.close();
      }
      const { data } = await shop.listDeadLetters({ state: 'waiting' });
      const found = data.find(({ type }) => type === PLACE);
      if (found === undefined) throw new Error('no message has become a dead letter');
      return found.deadLetterId;
    },

    async oversold(title) {
      const sku = `sale-${randomUUID().slice(0, 4)}`;
      const item = { title, unitPrice: 1_900, currency: 'EUR', onHand: 6 };
      await shop.putStock(sku, item);
      for (let orders = 0; orders < 3; orders += 1) await place({ lines: [line(sku, 2)], shipping: ADDRESS });
      await shop.putStock(sku, { ...item, onHand: 2 });
      return sku;
    },

    async differingAudit() {
      await sandbox.post('/account', { payments: 3, amount: 4_900 });
      const { auditId } = await shop.startAudit(undefined, 60);
      return auditId;
    },

    async batch(action, orderIds, note) {
      const { batchId, confirmation } = await shop.batches.plan({ action, orderIds }, randomUUID());
      if (confirmation === undefined) throw new Error(`nothing in the batch can be done: ${action}`);
      await shop.batches.start(batchId, { confirmation, note });
      await waitFor(
        'the batch has ended',
        async () => (await shop.batches.get(batchId)).endedAt !== undefined,
        120_000,
      );
      return batchId;
    },

    async pauseItem(sku) {
      await shop.setBrake({ kind: 'sku', target: sku, reason: 'Sold more than there is. Counting.' });
    },
  };
}
