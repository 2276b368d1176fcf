import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CheckoutOrder, OrderResult, PaymentRecord } from '../../src/contracts/temporal/checkout.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

const succeeded = (captured: number, paymentIntentId: string): PaymentRecord => ({
  attempt: 1,
  status: 'succeeded',
  paymentIntentId,
  captured,
});

const statuses = (answers: OrderResult[]): string[] => answers.map(({ status }) => status);

describe('order ledger', function () {
  this.timeout(120_000);
  let shop: Shop;

  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());

  const release = (order: CheckoutOrder) =>
    shop.ledger.releaseStock([{ orderId: order.orderId, status: 'cancelled', reason: 'cancelled', order }]);

  const eventTypes = async (orderId: string): Promise<string[]> =>
    (await shop.reader.events(orderId)).map(({ type }) =>
      type.replace(/^com\.durable-checkout\.order\.|\.v1$/g, ''),
    );

  it('reserves what is there at the price of the catalogue', async () => {
    const sku = await shop.item(5, 1_250);
    const order = checkoutOrder({ lines: [line(sku, 2)] });

    const [answer] = await shop.ledger.reserveStock([order]);

    assert.deepEqual(answer, { orderId: order.orderId, status: 'reserved', total: 2_500, currency: 'EUR' });
    assert.deepEqual(await shop.stock(sku), { onHand: 3, held: 2, sold: 0 });
    const stored = await shop.reader.find(order.orderId);
    assert.equal(stored?.view.total, 2_500);
    assert.deepEqual(stored.view.reservations, [{ sku, quantity: 2, state: 'held' }]);
    assert.deepEqual(await eventTypes(order.orderId), ['placed', 'reserved']);
  });

  it('holds nothing of an order that it cannot fill wholly', async () => {
    const plenty = await shop.item(10);
    const scarce = await shop.item(1);

    const answers = await shop.ledger.reserveStock([
      checkoutOrder({ lines: [line(plenty, 1), line(scarce, 2)] }),
    ]);

    assert.deepEqual(statuses(answers), ['out_of_stock']);
    assert.deepEqual(await shop.stock(plenty), { onHand: 10, held: 0, sold: 0 });
    assert.deepEqual(await shop.stock(scarce), { onHand: 1, held: 0, sold: 0 });
  });

  it('serves the orders of one call first come first served, each by itself', async () => {
    const sku = await shop.item(3);
    const orders = [2, 2, 1, 1].map((quantity) => checkoutOrder({ lines: [line(sku, quantity)] }));

    const answers = await shop.ledger.reserveStock(orders);

    assert.deepEqual(statuses(answers), ['reserved', 'out_of_stock', 'reserved', 'out_of_stock']);
    assert.deepEqual(await shop.stock(sku), { onHand: 0, held: 3, sold: 0 });
  });

  it('counts the lines of one item together', async () => {
    const sku = await shop.item(3);
    const [answer] = await shop.ledger.reserveStock([checkoutOrder({ lines: [line(sku, 2), line(sku, 2)] })]);
    assert.equal(answer?.status, 'out_of_stock');
  });

  it('reserves once, however often it is asked, also within one call', async () => {
    const sku = await shop.item(5);
    const order = checkoutOrder({ lines: [line(sku)] });

    const answers = await shop.ledger.reserveStock([order, order]);
    const again = await shop.ledger.reserveStock([order]);

    assert.deepEqual(statuses([...answers, ...again]), ['reserved', 'reserved', 'reserved']);
    const repeated = [...answers.slice(0, 1), ...again].map((answer) => answer.repeated);
    assert.deepEqual(repeated, [undefined, true], 'whoever asks is told that the order existed before');
    assert.deepEqual(await shop.stock(sku), { onHand: 4, held: 1, sold: 0 });
    assert.deepEqual(await eventTypes(order.orderId), ['placed', 'reserved']);
  });

  it('refuses what the catalogue does not sell so, and holds nothing', async () => {
    const sku = await shop.item(5, 1_000, 'USD');
    const euro = await shop.item(5, 1_000);

    const answers = await shop.ledger.reserveStock([
      checkoutOrder({ lines: [line(sku)] }),
      checkoutOrder({ lines: [line('no-such-item')] }),
      checkoutOrder({ lines: [line(euro)], expectedTotal: 999 }),
    ]);

    assert.deepEqual(
      answers.map(({ status, reason }) => [status, reason]),
      [
        ['rejected', 'currency_mismatch'],
        ['rejected', 'unknown_sku'],
        ['rejected', 'total_mismatch'],
      ],
    );
    assert.deepEqual(await shop.stock(euro), { onHand: 5, held: 0, sold: 0 });
  });

  it('sells the last piece once to twenty buyers at the same moment', async () => {
    const sku = await shop.item(1);
    const orders = Array.from({ length: 20 }, () => checkoutOrder({ lines: [line(sku)] }));

    const answers = (await Promise.all(orders.map((order) => shop.ledger.reserveStock([order])))).flat();

    assert.equal(answers.filter(({ status }) => status === 'reserved').length, 1);
    assert.deepEqual(await shop.stock(sku), { onHand: 0, held: 1, sold: 0 });
  });

  it('does not deadlock when orders take the same two items in opposite order', async () => {
    const [a, b] = [await shop.item(1_000), await shop.item(1_000)];
    const orders = Array.from({ length: 60 }, (_, index) =>
      checkoutOrder({ lines: index % 2 === 0 ? [line(a), line(b)] : [line(b), line(a)] }),
    );

    await Promise.all(
      orders.map(async (order, index) => {
        await shop.ledger.reserveStock([order]);
        await (index % 3 === 0
          ? release(order)
          : shop.ledger.confirmOrder([
              { orderId: order.orderId, payment: succeeded(2_000, `pi_${order.orderId}`) },
            ]));
      }),
    );

    assert.deepEqual(await shop.stock(a), { onHand: 960, held: 0, sold: 40 });
    assert.deepEqual(await shop.stock(b), { onHand: 960, held: 0, sold: 40 });
  });

  it('pays an order once: reservation consumed, payment recorded, one event', async () => {
    const sku = await shop.item(2);
    const order = checkoutOrder({ lines: [line(sku)] });
    await shop.ledger.reserveStock([order]);
    const confirmation = { orderId: order.orderId, payment: succeeded(1_000, 'pi_paid') };

    const first = await shop.ledger.confirmOrder([confirmation]);
    const again = await shop.ledger.confirmOrder([confirmation]);

    assert.deepEqual(statuses([...first, ...again]), ['paid', 'paid']);
    assert.deepEqual(await shop.stock(sku), { onHand: 1, held: 0, sold: 1 });
    assert.deepEqual(await eventTypes(order.orderId), ['placed', 'reserved', 'paid']);
    const view = (await shop.reader.find(order.orderId))?.view;
    assert.equal(view?.payment.captured, 1_000);
    assert.equal(view.payment.paymentIntentId, 'pi_paid');
  });

  it('gives the stock back once, and keeps an ended order ended', async () => {
    const sku = await shop.item(2);
    const order = checkoutOrder({ lines: [line(sku)] });
    await shop.ledger.reserveStock([order]);

    await release(order);
    await release(order);
    const late = await shop.ledger.confirmOrder([
      { orderId: order.orderId, payment: succeeded(1_000, 'pi_late') },
    ]);

    assert.deepEqual(statuses(late), ['cancelled']);
    assert.deepEqual(await shop.stock(sku), { onHand: 2, held: 0, sold: 0 });
    assert.deepEqual(await eventTypes(order.orderId), ['placed', 'reserved', 'cancelled']);
  });

  it('keeps what became of the money of an order that had been ended without it, and forgets nothing of that later', async () => {
    const order = checkoutOrder({ lines: [line(await shop.item(2))] });
    const { orderId } = order;
    await shop.ledger.reserveStock([order]);
    await release(order); // by a worker that was frozen, and did not see the charge
    const given = {
      attempt: 1,
      status: 'refunded',
      paymentIntentId: 'pi_1',
      captured: 1_000,
      refunded: 1_000,
    } as const;
    for (const payment of [given, { ...given, refunded: 0 }])
      await shop.ledger.releaseStock([{ orderId, status: 'cancelled', reason: 'cancelled', order, payment }]);

    const view = (await shop.reader.find(orderId))?.view;
    assert.deepEqual(
      [view?.status, view?.payment.paymentIntentId, view?.payment.captured, view?.payment.refunded],
      ['cancelled', 'pi_1', 1_000, 1_000],
    );
    assert.deepEqual(await eventTypes(orderId), ['placed', 'reserved', 'cancelled']);
  });

  it('records no payment of an order that is paid when its release comes late', async () => {
    const order = checkoutOrder({ lines: [line(await shop.item(2))] });
    const { orderId } = order;
    await shop.ledger.reserveStock([order]);
    await shop.ledger.confirmOrder([{ orderId, payment: succeeded(1_000, 'pi_kept') }]);
    const payment = { attempt: 1, status: 'cancelled', paymentIntentId: 'pi_other' } as const;
    await shop.ledger.releaseStock([{ orderId, status: 'cancelled', reason: 'cancelled', order, payment }]);
    const view = (await shop.reader.find(orderId))?.view;
    assert.deepEqual([view?.status, view?.payment.paymentIntentId], ['paid', 'pi_kept']);
  });

  it('makes a reservation that comes after its undo a no-op', async () => {
    const sku = await shop.item(2);
    const order = checkoutOrder({ lines: [line(sku)] });

    await release(order);
    const late = await shop.ledger.reserveStock([order]);

    assert.deepEqual(statuses(late), ['cancelled']);
    assert.deepEqual(await shop.stock(sku), { onHand: 2, held: 0, sold: 0 });
    assert.deepEqual(await eventTypes(order.orderId), ['placed', 'cancelled']);
  });

  it('leaves nothing held when a reservation and its undo meet', async () => {
    const sku = await shop.item(100);
    const orders = Array.from({ length: 40 }, () => checkoutOrder({ lines: [line(sku)] }));

    await Promise.all(orders.flatMap((order) => [shop.ledger.reserveStock([order]), release(order)]));

    assert.deepEqual(await shop.stock(sku), { onHand: 100, held: 0, sold: 0 });
  });

  it('does not release what other orders hold', async () => {
    const sku = await shop.item(1);
    await shop.ledger.reserveStock([checkoutOrder({ lines: [line(sku)] })]);
    await release(checkoutOrder({ lines: [line(sku)] }));
    assert.deepEqual(await shop.stock(sku), { onHand: 0, held: 1, sold: 0 });
  });

  it('never keeps two payments of one order', async () => {
    const sku = await shop.item(1);
    const order = checkoutOrder({ lines: [line(sku)] });
    await shop.ledger.reserveStock([order]);
    await shop.ledger.confirmOrder([{ orderId: order.orderId, payment: succeeded(1_000, 'pi_one') }]);
    const second = shop.pool.query(
      `insert into payments (order_id, attempt, status, currency, amount, captured) values ($1, 2, 'succeeded', 'EUR', 1000, 1000)`,
      [order.orderId],
    );
    await assert.rejects(second, /payments_one_captured/);
  });

  it('says that an order waits once, and forgets the secret of the payment when it has ended', async () => {
    const sku = await shop.item(1);
    const order = checkoutOrder({ lines: [line(sku)] });
    await shop.ledger.reserveStock([order]);
    const update = {
      orderId: order.orderId,
      status: 'awaiting_customer' as const,
      payment: {
        attempt: 1,
        status: 'requires_action' as const,
        paymentIntentId: 'pi_3ds',
        clientSecret: 'pi_3ds_secret',
      },
    };

    await shop.ledger.recordWaiting([update]);
    await shop.ledger.recordWaiting([update]);
    const waiting = (await shop.reader.find(order.orderId))?.view;
    await shop.ledger.confirmOrder([{ orderId: order.orderId, payment: succeeded(1_000, 'pi_3ds') }]);
    const paid = (await shop.reader.find(order.orderId))?.view;

    assert.equal(waiting?.status, 'awaiting_customer');
    assert.equal(waiting.payment.clientSecret, 'pi_3ds_secret');
    assert.equal(paid?.payment.clientSecret, undefined);
    assert.deepEqual(await eventTypes(order.orderId), ['placed', 'reserved', 'awaiting_customer', 'paid']);
  });

  it('keeps the words of whoever cancelled out of the events', async () => {
    const order = checkoutOrder({ lines: [line(await shop.item(1))] });
    await shop.ledger.reserveStock([order]);
    await shop.ledger.releaseStock([
      { orderId: order.orderId, status: 'cancelled', reason: 'call Ada', order },
    ]);
    const events = await shop.reader.events(order.orderId);
    assert.equal((await shop.reader.find(order.orderId))?.view.reason, 'call Ada');
    assert.doesNotMatch(JSON.stringify(events), /Ada/);
  });

  it('agrees with a simple model of a shelf, whatever is reserved, paid and released', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 0, max: 6 }),
        fc.array(
          fc.record({
            a: fc.integer({ min: 0, max: 3 }),
            b: fc.integer({ min: 0, max: 3 }),
            pay: fc.boolean(),
          }),
          {
            minLength: 1,
            maxLength: 8,
          },
        ),
        async (onHandA, onHandB, wishes) => {
          const [a, b] = [await shop.item(onHandA), await shop.item(onHandB)];
          const buying = wishes.filter((wish) => wish.a + wish.b > 0);
          const orders = buying.map((wish) =>
            checkoutOrder({
              lines: [line(b, wish.b), line(a, wish.a)].filter(({ quantity }) => quantity > 0),
            }),
          );
          const shelf = { a: onHandA, b: onHandB };
          const expected = buying.map((wish) => {
            if (wish.a > shelf.a || wish.b > shelf.b) return 'out_of_stock';
            shelf.a -= wish.a;
            shelf.b -= wish.b;
            return 'reserved';
          });

          assert.deepEqual(statuses(await shop.ledger.reserveStock(orders)), expected);

          const sold = { a: 0, b: 0 };
          for (const [index, order] of orders.entries()) {
            const wish = buying[index];
            if (!wish || expected[index] !== 'reserved') continue;
            if (wish.pay) {
              sold.a += wish.a;
              sold.b += wish.b;
              await shop.ledger.confirmOrder([
                { orderId: order.orderId, payment: succeeded(1, `pi_${order.orderId}`) },
              ]);
            } else {
              await release(order);
            }
          }
          assert.deepEqual(await shop.stock(a), { onHand: onHandA - sold.a, held: 0, sold: sold.a });
          assert.deepEqual(await shop.stock(b), { onHand: onHandB - sold.b, held: 0, sold: sold.b });
        },
      ),
      { numRuns: 40 },
    );
  });
});
