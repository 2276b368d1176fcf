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

  it('reserves what is available at the price of the catalogue', async () => {
    const sku = await shop.item(5, 1_250);
    const order = checkoutOrder({ lines: [line(sku, 2)] });

    const [answer] = await shop.ledger.reserveStock([order]);

    assert.deepEqual(answer, { orderId: order.orderId, status: 'reserved', total: 2_500, currency: 'EUR' });
    assert.deepEqual(await shop.stock(sku), { available: 3, held: 2, sold: 0 });
    const stored = await shop.reader.find(order.orderId);
    assert.equal(stored?.view.total, 2_500);
    assert.deepEqual(stored.view.reservations, [{ sku, quantity: 2, location: 'default', state: 'held' }]);
    assert.deepEqual(await eventTypes(order.orderId), ['placed', 'reserved']);
  });

  it('reserves an order that was accepted at earlier prices at those', async () => {
    const [sku, other] = [await shop.item(5, 1_250), await shop.item(5, 300)];
    const shown = checkoutOrder({ lines: [line(sku, 2), line(other)], expectedTotal: 2_300 });
    const order = { ...shown, prices: { [sku]: 1_000 } };

    const [answer] = await shop.ledger.reserveStock([order]);

    assert.deepEqual([answer?.status, answer?.total], ['reserved', 2_300]);
    const stored = await shop.reader.find(order.orderId);
    assert.deepEqual(
      stored?.view.lines.map(({ unitPrice, total }) => [unitPrice, total]),
      [
        [1_000, 2_000],
        [300, 300],
      ],
    );
  });

  it('keeps the amounts of each line, and the language of the customer, also of an order that was never reserved', async () => {
    const sku = await shop.item(5, 1_250);
    const reserved = checkoutOrder({ lines: [line(sku, 2)], locale: 'de' });
    const released = checkoutOrder({ lines: [line(sku, 2)], locale: 'zh' });
    await shop.ledger.reserveStock([reserved]);
    await release(released);
    const { rows } = await shop.pool.query<{ lines: unknown; locale: string }>(
      'select lines, locale from orders where order_id = any($1) order by locale',
      [[reserved.orderId, released.orderId]],
    );
    const amounts = { gross: 2_500, discount: 0, tax: 0, net: 2_500, total: 2_500 };
    const [item] = await shop.catalogue.find([sku]);
    assert.deepEqual(rows, [
      { lines: [{ sku, title: item?.title, quantity: 2, unitPrice: 1_250, ...amounts }], locale: 'de' },
      { lines: [], locale: 'zh' },
    ]);
  });

  it('holds nothing for an order that cannot be filled completely', async () => {
    const plenty = await shop.item(10);
    const scarce = await shop.item(1);

    const answers = await shop.ledger.reserveStock([
      checkoutOrder({ lines: [line(plenty, 1), line(scarce, 2)] }),
    ]);

    assert.deepEqual(statuses(answers), ['out_of_stock']);
    assert.deepEqual(await shop.stock(plenty), { available: 10, held: 0, sold: 0 });
    assert.deepEqual(await shop.stock(scarce), { available: 1, held: 0, sold: 0 });
  });

  it('serves the orders of one call in order, each by itself', async () => {
    const sku = await shop.item(3);
    const orders = [2, 2, 1, 1].map((quantity) => checkoutOrder({ lines: [line(sku, quantity)] }));

    const answers = await shop.ledger.reserveStock(orders);

    assert.deepEqual(statuses(answers), ['reserved', 'out_of_stock', 'reserved', 'out_of_stock']);
    assert.deepEqual(await shop.stock(sku), { available: 0, held: 3, sold: 0 });
  });

  it('adds up the lines of one item', async () => {
    const sku = await shop.item(3);
    const [answer] = await shop.ledger.reserveStock([checkoutOrder({ lines: [line(sku, 2), line(sku, 2)] })]);
    assert.equal(answer?.status, 'out_of_stock');
  });

  it('reserves an order once, however often it is requested, also within one call', async () => {
    const sku = await shop.item(5);
    const order = checkoutOrder({ lines: [line(sku)] });

    const answers = await shop.ledger.reserveStock([order, order]);
    const second = await shop.ledger.reserveStock([order]);

    assert.deepEqual(statuses([...answers, ...second]), ['reserved', 'reserved', 'reserved']);
    const repeated = [...answers.slice(0, 1), ...second].map((answer) => answer.repeated);
    assert.deepEqual(repeated, [undefined, true], 'the result says that the order existed before');
    assert.deepEqual(await shop.stock(sku), { available: 4, held: 1, sold: 0 });
    assert.deepEqual(await eventTypes(order.orderId), ['placed', 'reserved']);
  });

  it('refuses what the catalogue does not sell on these terms, and holds nothing', async () => {
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
    assert.deepEqual(await shop.stock(euro), { available: 5, held: 0, sold: 0 });
  });

  it('sells the last piece once to twenty concurrent buyers', async () => {
    const sku = await shop.item(1);
    const orders = Array.from({ length: 20 }, () => checkoutOrder({ lines: [line(sku)] }));

    const answers = (await Promise.all(orders.map((order) => shop.ledger.reserveStock([order])))).flat();

    assert.equal(answers.filter(({ status }) => status === 'reserved').length, 1);
    assert.deepEqual(await shop.stock(sku), { available: 0, held: 1, sold: 0 });
  });

  it('does not deadlock when orders reserve the same two items in opposite order', async () => {
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

    assert.deepEqual(await shop.stock(a), { available: 960, held: 0, sold: 40 });
    assert.deepEqual(await shop.stock(b), { available: 960, held: 0, sold: 40 });
  });

  it('confirms an order once: consumes the reservation, records the payment, writes one event', async () => {
    const sku = await shop.item(2);
    const order = checkoutOrder({ lines: [line(sku)] });
    await shop.ledger.reserveStock([order]);
    const confirmation = { orderId: order.orderId, payment: succeeded(1_000, 'pi_paid') };

    const first = await shop.ledger.confirmOrder([confirmation]);
    const second = await shop.ledger.confirmOrder([confirmation]);

    assert.deepEqual(statuses([...first, ...second]), ['paid', 'paid']);
    assert.deepEqual(await shop.stock(sku), { available: 1, held: 0, sold: 1 });
    assert.deepEqual(await eventTypes(order.orderId), ['placed', 'reserved', 'paid']);
    const view = (await shop.reader.find(order.orderId))?.view;
    assert.equal(view?.payment.captured, 1_000);
    assert.equal(view.payment.paymentIntentId, 'pi_paid');
  });

  it('releases the stock once, and does not reopen an ended order', async () => {
    const sku = await shop.item(2);
    const order = checkoutOrder({ lines: [line(sku)] });
    await shop.ledger.reserveStock([order]);

    await release(order);
    await release(order);
    const late = await shop.ledger.confirmOrder([
      { orderId: order.orderId, payment: succeeded(1_000, 'pi_late') },
    ]);

    assert.deepEqual(statuses(late), ['cancelled']);
    assert.deepEqual(await shop.stock(sku), { available: 2, held: 0, sold: 0 });
    assert.deepEqual(await eventTypes(order.orderId), ['placed', 'reserved', 'cancelled']);
  });

  it('records a payment of an order that had ended without it, and keeps that record later', async () => {
    const order = checkoutOrder({ lines: [line(await shop.item(2))] });
    const { orderId } = order;
    await shop.ledger.reserveStock([order]);
    await release(order); // by a worker that was suspended, and did not see the charge
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

  it('records no payment when a late release comes for a paid order', async () => {
    const order = checkoutOrder({ lines: [line(await shop.item(2))] });
    const { orderId } = order;
    await shop.ledger.reserveStock([order]);
    await shop.ledger.confirmOrder([{ orderId, payment: succeeded(1_000, 'pi_kept') }]);
    const payment = { attempt: 1, status: 'cancelled', paymentIntentId: 'pi_other' } as const;
    await shop.ledger.releaseStock([{ orderId, status: 'cancelled', reason: 'cancelled', order, payment }]);
    const view = (await shop.reader.find(orderId))?.view;
    assert.deepEqual([view?.status, view?.payment.paymentIntentId], ['paid', 'pi_kept']);
  });

  it('makes a reservation that comes after its release a no-op', async () => {
    const sku = await shop.item(2);
    const order = checkoutOrder({ lines: [line(sku)] });

    await release(order);
    const late = await shop.ledger.reserveStock([order]);

    assert.deepEqual(statuses(late), ['cancelled']);
    assert.deepEqual(await shop.stock(sku), { available: 2, held: 0, sold: 0 });
    assert.deepEqual(await eventTypes(order.orderId), ['placed', 'cancelled']);
  });

  it('holds nothing after a concurrent reservation and release', async () => {
    const sku = await shop.item(100);
    const orders = Array.from({ length: 40 }, () => checkoutOrder({ lines: [line(sku)] }));

    await Promise.all(orders.flatMap((order) => [shop.ledger.reserveStock([order]), release(order)]));

    assert.deepEqual(await shop.stock(sku), { available: 100, held: 0, sold: 0 });
  });

  it('does not release stock that other orders hold', async () => {
    const sku = await shop.item(1);
    await shop.ledger.reserveStock([checkoutOrder({ lines: [line(sku)] })]);
    await release(checkoutOrder({ lines: [line(sku)] }));
    assert.deepEqual(await shop.stock(sku), { available: 0, held: 1, sold: 0 });
  });

  it('never records two payments that hold money of one order', async () => {
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

  it('writes one event when an order waits, and deletes the client secret when the order has ended', async () => {
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

  it('keeps the reason of the caller out of the events', async () => {
    const order = checkoutOrder({ lines: [line(await shop.item(1))] });
    await shop.ledger.reserveStock([order]);
    await shop.ledger.releaseStock([
      { orderId: order.orderId, status: 'cancelled', reason: 'call Ada', order },
    ]);
    const events = await shop.reader.events(order.orderId);
    assert.equal((await shop.reader.find(order.orderId))?.view.reason, 'call Ada');
    assert.doesNotMatch(JSON.stringify(events), /Ada/);
  });

  it('agrees with a simple model of stock, whatever is reserved, confirmed and released', async () => {
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
        async (onHandA, onHandB, baskets) => {
          const [a, b] = [await shop.item(onHandA), await shop.item(onHandB)];
          const buying = baskets.filter((basket) => basket.a + basket.b > 0);
          const orders = buying.map((basket) =>
            checkoutOrder({
              lines: [line(b, basket.b), line(a, basket.a)].filter(({ quantity }) => quantity > 0),
            }),
          );
          const available = { a: onHandA, b: onHandB };
          const expected = buying.map((basket) => {
            if (basket.a > available.a || basket.b > available.b) return 'out_of_stock';
            available.a -= basket.a;
            available.b -= basket.b;
            return 'reserved';
          });

          assert.deepEqual(statuses(await shop.ledger.reserveStock(orders)), expected);

          const sold = { a: 0, b: 0 };
          for (const [index, order] of orders.entries()) {
            const basket = buying[index];
            if (!basket || expected[index] !== 'reserved') continue;
            if (basket.pay) {
              sold.a += basket.a;
              sold.b += basket.b;
              await shop.ledger.confirmOrder([
                { orderId: order.orderId, payment: succeeded(1, `pi_${order.orderId}`) },
              ]);
            } else {
              await release(order);
            }
          }
          assert.deepEqual(await shop.stock(a), { available: onHandA - sold.a, held: 0, sold: sold.a });
          assert.deepEqual(await shop.stock(b), { available: onHandB - sold.b, held: 0, sold: sold.b });
        },
      ),
      { numRuns: 40 },
    );
  });
});
