import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { OrderService } from '../../src/orders/order-service.ts';
import { Problem } from '../../src/contracts/errors.ts';
import { orderIdOf } from '../../src/orders/order-id.ts';
import { openWorkingStage, type Stage } from '../support/api/app.ts';
import { getting, orderOf, placing } from '../support/api/requests.ts';
import { CANCEL, event, PLACE, raw, STOCK } from '../../harness/brokers/message.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { line, orderRequest } from '../../harness/orders.ts';
import {
  CLIENT,
  handBroker,
  openTestIntake,
  type HandBroker,
  type TestIntake,
} from '../support/intake/stage.ts';

describe('the intake', function () {
  this.timeout(60_000);
  let stage: Stage;
  let broker: HandBroker;
  let intake: TestIntake;

  before(async () => {
    stage = await openWorkingStage();
    broker = handBroker();
    intake = await openTestIntake(stage, [broker]);
  });
  after(async () => {
    await intake.stop();
    await stage.close();
  });

  const statusOf = async (orderId: string): Promise<string> =>
    orderOf(await stage.app.inject(getting(`/v1/orders/${orderId}`))).status;

  async function reaches(orderId: string, status: string): Promise<void> {
    await waitUntilPasses(async () => {
      assert.equal(await statusOf(orderId), status);
    });
  }

  /** On the same shop, with orders that fail as the test says. */
  async function withOrders(changes: Partial<OrderService>, retryForMs = 3_600_000) {
    const other = handBroker();
    const opened = await openTestIntake(stage, [other], {
      orders: { ...stage.orders, ...changes },
      retryForMs,
    });
    return { broker: other, ...opened };
  }

  it('places an order that HTTP then finds under the same key', async () => {
    const message = event(PLACE, orderRequest());
    const receipt = await broker.deliver(message);
    const orderId = orderIdOf(CLIENT, message.eventId);
    assert.deepEqual(receipt, { id: message.eventId, result: 'done', orderId, status: 'placed' });
    const again = await stage.app.inject(placing(orderRequest(), { 'idempotency-key': message.eventId }));
    assert.equal(orderOf(again).orderId, orderId);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    await reaches(orderId, 'paid');
  });

  it('does a message once that comes ten times at once', async () => {
    const sku = await stage.shop.item(100);
    const message = event(PLACE, orderRequest({ lines: [line(sku, 3)] }));
    const receipts = await Promise.all(Array.from({ length: 10 }, () => broker.deliver(message)));
    assert.ok(receipts.every(({ result }) => result === 'done'));
    await reaches(orderIdOf(CLIENT, message.eventId), 'paid');
    assert.deepEqual(await stage.shop.stock(sku), { onHand: 97, held: 0, sold: 3 });
  });

  it('cancels an order by the message behind the one that placed it', async () => {
    const placed = event(PLACE, orderRequest());
    const cancelled = event(CANCEL, { idempotencyKey: placed.eventId, reason: 'changed my mind' });
    const [first, second] = await Promise.all([broker.deliver(placed), broker.deliver(cancelled)]);
    assert.equal(first.result, 'done');
    assert.equal(second.result, 'done');
    await reaches(orderIdOf(CLIENT, placed.eventId), 'cancelled');
  });

  it('keeps a cancellation that is early, and does it when the order is there', async () => {
    const placed = event(PLACE, orderRequest());
    const receipt = await broker.deliver(event(CANCEL, { idempotencyKey: placed.eventId }));
    assert.equal(receipt.result, 'deferred');
    await broker.deliver(placed);
    await reaches(orderIdOf(CLIENT, placed.eventId), 'cancelled');
    await waitUntilPasses(async () => {
      assert.deepEqual(
        await intake.deadLetters.list({ state: 'retrying' }, { order: 'newest', limit: 10 }),
        [],
      );
    });
  });

  it('sets the stock, and lets an older report pass by', async () => {
    const item = { sku: await stage.shop.item(5), title: 'Mug', unitPrice: 1_000, currency: 'EUR' };
    const report = (onHand: number, sequence: number) =>
      broker.deliver(event(STOCK, { ...item, onHand, sequence }));
    assert.deepEqual({ ...(await report(50, 2)), id: '' }, { id: '', result: 'done', status: 'applied' });
    assert.deepEqual({ ...(await report(10, 1)), id: '' }, { id: '', result: 'done', status: 'outdated' });
    assert.equal((await stage.shop.stock(item.sku)).onHand, 50);
  });

  it('keeps a poison message once, with its bytes and the reason, however often it comes', async () => {
    const poison = raw('{"customer":', { id: randomUUID(), type: PLACE });
    const receipts = [await broker.deliver(poison), await broker.deliver(poison)];
    const [first] = receipts;
    assert.ok(first?.result === 'dead' && first.code === 'invalid_json');
    assert.deepEqual(receipts[1], first);
    const letter = await intake.deadLetters.find(first.deadLetterId);
    assert.ok(letter);
    assert.deepEqual(letter.message.body, poison.body);
    assert.deepEqual([letter.messageId, letter.arrivals, letter.state], [poison.id, 2, 'waiting']);
  });

  it('refuses for what HTTP refuses for', async () => {
    const codeOf = async (message: Parameters<HandBroker['deliver']>[0]) => {
      const receipt = await broker.deliver(message);
      return receipt.result === 'dead' ? receipt.code : receipt.result;
    };
    assert.equal(await codeOf(event(PLACE, orderRequest({ lines: [line('no-such')] }))), 'unknown_sku');
    assert.equal(await codeOf(event(PLACE, orderRequest({ expectedTotal: 1 }))), 'total_mismatch');
    const placed = event(PLACE, orderRequest());
    assert.equal(await codeOf(placed), 'done');
    const other = event(PLACE, orderRequest({ lines: [line('mug-01', 2)] }), { id: placed.eventId });
    assert.equal(await codeOf(other), 'idempotency_key_reused');
  });

  it('begins an order when it may, and can cancel it before', async () => {
    const notbefore = new Date(Date.now() + 1_500).toISOString();
    const later = event(PLACE, orderRequest(), { notbefore });
    assert.equal((await broker.deliver(later)).result, 'done');
    const orderId = orderIdOf(CLIENT, later.eventId);
    assert.equal(await statusOf(orderId), 'placed');
    await reaches(orderId, 'paid');
    const { createdAt } = orderOf(await stage.app.inject(getting(`/v1/orders/${orderId}`)));
    assert.ok(createdAt >= notbefore, `${createdAt} is before ${notbefore}`);

    const hour = new Date(Date.now() + 3_600_000).toISOString();
    const never = event(PLACE, orderRequest(), { notbefore: hour });
    await broker.deliver(never);
    await broker.deliver(event(CANCEL, { idempotencyKey: never.eventId }));
    await reaches(orderIdOf(CLIENT, never.eventId), 'cancelled');
  });

  it('tries again what cannot be done yet, and lets other orders pass', async () => {
    let failures = 3;
    const slow = event(PLACE, orderRequest());
    const other = await withOrders({
      place(command) {
        if (command.key === slow.eventId && failures-- > 0)
          return Promise.reject(new Problem('unavailable', 'not now'));
        return stage.orders.place(command);
      },
    });
    const held = other.broker.deliver(slow);
    const passed = await other.broker.deliver(event(PLACE, orderRequest()));
    assert.equal(passed.result, 'done');
    assert.ok(failures > 0, 'the other one went by meanwhile');
    assert.equal((await held).result, 'done');
    await other.stop();
  });

  it('leaves to an operator what cannot be done for too long', async () => {
    const other = await withOrders({ place: () => Promise.reject(new Error('broken')) }, 300);
    const receipt = await other.broker.deliver(event(PLACE, orderRequest()));
    assert.ok(receipt.result === 'dead' && receipt.code === 'internal', JSON.stringify(receipt));
    await other.stop();
  });

  it('does not answer for a message that it had to leave when it was stopped', async () => {
    const other = await withOrders({ place: () => Promise.reject(new Problem('unavailable', 'not now')) });
    const left = other.broker.deliver(event(PLACE, orderRequest()));
    const rejected = assert.rejects(left);
    await other.stop();
    await rejected;
  });
});
