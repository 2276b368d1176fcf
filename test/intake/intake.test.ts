import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { OrderService } from '../../src/orders/order-service.ts';
import { Problem } from '../../src/contracts/errors.ts';
import { orderIdOf } from '../../src/orders/order-id.ts';
import { openWorkingStage, type Stage } from '../support/api/app.ts';
import { getting, orderOf, placing, sending } from '../support/api/requests.ts';
import { CANCEL, event, PAYMENT, PLACE, raw, RETURN, STOCK } from '../../harness/brokers/message.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { line, orderRequest } from '../../harness/orders.ts';
import {
  CLIENT,
  createTestBroker,
  openTestIntake,
  type TestBroker,
  type TestIntake,
} from '../support/intake/stage.ts';

describe('the intake', function () {
  this.timeout(60_000);
  let stage: Stage;
  let broker: TestBroker;
  let intake: TestIntake;

  before(async () => {
    stage = await openWorkingStage();
    broker = createTestBroker();
    intake = await openTestIntake(stage, [broker]);
  });
  after(async () => {
    await intake.stop();
    await stage.close();
  });

  const statusOf = async (orderId: string): Promise<string> =>
    orderOf(await stage.app.inject(getting(`/v1/orders/${orderId}`))).status;

  async function waitForStatus(orderId: string, status: string): Promise<void> {
    await waitUntilPasses(async () => {
      assert.equal(await statusOf(orderId), status);
    });
  }

  /** Opens another intake on the same shop, with an order service that fails as the test requires. */
  async function openIntakeWith(changes: Partial<OrderService>, retryForMs = 3_600_000) {
    const other = createTestBroker();
    const opened = await openTestIntake(stage, [other], {
      orders: { ...stage.orders, ...changes },
      retryForMs,
    });
    return { broker: other, ...opened };
  }

  it('places an order that HTTP then finds under the same key, if the message is no CloudEvent', async () => {
    const message = raw(JSON.stringify(orderRequest()), { id: randomUUID(), type: PLACE });
    const { id = '' } = message;
    const receipt = await broker.deliver(message);
    const orderId = orderIdOf(CLIENT, id);
    assert.deepEqual(receipt, { id, result: 'done', orderId, status: 'placed' });
    const again = await stage.app.inject(placing(orderRequest(), { 'idempotency-key': id }));
    assert.equal(orderOf(again).orderId, orderId);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    await waitForStatus(orderId, 'paid');
  });

  describe('identifies a CloudEvent by its source and id', () => {
    const placedBy = async (source: string, id: string, quantity = 1) => {
      const receipt = await broker.deliver(
        event(PLACE, orderRequest({ lines: [line('mug-01', quantity)] }), { source, id }),
      );
      assert.ok(receipt.result === 'done', JSON.stringify(receipt));
      return receipt.orderId ?? '';
    };
    /** Takes in an order under the id alone, as releases before 0.3 did with every CloudEvent. */
    const placedBefore = async (id: string, quantity = 1) => {
      const request = orderRequest({ lines: [line('mug-01', quantity)] });
      const { order } = await stage.orders.place({ clientId: CLIENT, key: id, request, waitMs: 0 });
      return order.orderId;
    };

    it('so two producers that count from 1 place an order each', async () => {
      const id = randomUUID();
      const orders = [
        await placedBy('/web', id),
        await placedBy('/till', id),
        await placedBy('/till', id, 2).catch(String),
      ];
      assert.equal(new Set(orders).size, 3);
      assert.match(orders[2] ?? '', /idempotency_key_reused/);
      assert.equal(await placedBy('/web', id), orders[0]);
    });

    it('and finds the order that an earlier release has placed by the id alone', async () => {
      const [started, stored, later] = [randomUUID(), randomUUID(), randomUUID()];
      const first = await placedBefore(started);
      assert.equal(await placedBy('/web', started), first, 'also before PostgreSQL has it');
      const second = await placedBefore(stored);
      await waitForStatus(second, 'paid');
      await stage.shop.pool.query('delete from order_claims where order_id = $1', [second]);
      assert.equal(await placedBy('/web', stored), second);
      const third = await placedBefore(later);
      assert.notEqual(await placedBy('/till', later, 2), third, 'another body is another order');
    });

    it('also where it names the order to cancel', async () => {
      const cancels = async (data: object, source: string) => {
        const receipt = await broker.deliver(event(CANCEL, data, { source }));
        return receipt.result === 'done' ? receipt.orderId : receipt.result;
      };
      const id = randomUUID();
      const [web, till, plain] = [
        await placedBy('/web', id),
        await placedBy('/till', id),
        await placedBefore(id, 3),
      ];
      assert.equal(await cancels({ idempotencyKey: id }, '/till'), till);
      assert.equal(await cancels({ idempotencyKey: id, source: '/web' }, '/office'), web);
      assert.equal(await cancels({ idempotencyKey: id }, '/office'), plain);
      assert.equal(await cancels({ idempotencyKey: id, source: '/office' }, '/web'), 'deferred');
    });

    it('so dead letters in binary mode that differ by their source are two', async () => {
      const refusedFrom = async (source: string) => {
        const attributes = { specversion: '1.0', id: 'one', source, type: PLACE };
        const receipt = await broker.deliver({ ...raw('{}'), attributes });
        return receipt.result === 'dead' && receipt.deadLetterId;
      };
      const source = `/${randomUUID()}`;
      assert.notEqual(await refusedFrom(source), await refusedFrom(`${source}/other`));
      assert.equal(await refusedFrom(source), await refusedFrom(source));
    });
  });

  it('executes a message once that is delivered ten times at the same time', async () => {
    const sku = await stage.shop.item(100);
    const message = event(PLACE, orderRequest({ lines: [line(sku, 3)] }));
    const receipts = await Promise.all(Array.from({ length: 10 }, () => broker.deliver(message)));
    assert.ok(receipts.every(({ result }) => result === 'done'));
    await waitForStatus(orderIdOf(CLIENT, message.key), 'paid');
    assert.deepEqual(await stage.shop.stock(sku), { available: 97, held: 0, sold: 3 });
  });

  it('cancels an order by the message that follows the one that placed it', async () => {
    const placed = event(PLACE, orderRequest());
    const cancelled = event(CANCEL, { idempotencyKey: placed.eventId, reason: 'changed my mind' });
    const [first, second] = await Promise.all([broker.deliver(placed), broker.deliver(cancelled)]);
    assert.equal(first.result, 'done');
    assert.equal(second.result, 'done');
    await waitForStatus(orderIdOf(CLIENT, placed.key), 'cancelled');
  });

  it('stores a cancellation that arrives before its order, and executes it when the order exists', async () => {
    const placed = event(PLACE, orderRequest());
    const receipt = await broker.deliver(event(CANCEL, { idempotencyKey: placed.eventId }));
    assert.equal(receipt.result, 'deferred');
    await broker.deliver(placed);
    await waitForStatus(orderIdOf(CLIENT, placed.key), 'cancelled');
    await waitUntilPasses(async () => {
      assert.deepEqual(
        await intake.deadLetters.list({ state: 'retrying' }, { order: 'newest', limit: 10 }),
        [],
      );
    });
  });

  it('does not delay an order behind its cancellation', async () => {
    const sku = await stage.shop.item(5);
    const other = await openIntakeWith({});
    const placed = event(PLACE, orderRequest({ lines: [line(sku)] }));
    const cancelled = event(CANCEL, { idempotencyKey: placed.eventId, reason: 'changed my mind' });
    const began = performance.now();
    const receipts = await Promise.all([other.broker.deliver(cancelled), broker.deliver(placed)]);
    assert.deepEqual(
      receipts.map(({ result }) => result),
      ['deferred', 'done'],
    );
    assert.ok(performance.now() - began < 1_500, `it took ${performance.now() - began} ms`);
    await waitForStatus(orderIdOf(CLIENT, placed.key), 'cancelled');
    await other.stop();
  });

  it('does not charge an order whose cancellation has arrived before it', async () => {
    const sku = await stage.shop.item(5);
    const placed = event(PLACE, orderRequest({ lines: [line(sku)] }));
    const orderId = orderIdOf(CLIENT, placed.key);
    const reason = 'changed my mind';
    assert.equal((await broker.deliver(event(CANCEL, { orderId, reason }))).result, 'deferred');
    const [letter] = await intake.deadLetters.list({ state: 'retrying' }, { order: 'newest', limit: 1 });
    assert.equal(letter?.orderId, orderId);
    assert.equal((await broker.deliver(placed)).result, 'done');
    await waitForStatus(orderId, 'cancelled');
    const order = orderOf(await stage.app.inject(getting(`/v1/orders/${orderId}`)));
    assert.deepEqual([order.payment.status, order.payment.captured, order.reason], ['none', 0, reason]);
    assert.deepEqual(await stage.shop.stock(sku), { available: 5, held: 0, sold: 0 });
    await waitUntilPasses(async () => {
      assert.deepEqual(await intake.deadLetters.cancellationsOf([orderId]), []);
    }, 15_000);
  });

  it('does not charge an order without a source, by HTTP or by message, whose cancellation has arrived before it', async () => {
    for (const how of ['http', 'message'] as const)
      for (const source of [undefined, '/crm']) {
        const id = randomUUID();
        const orderId = orderIdOf(CLIENT, id);
        const data = { idempotencyKey: id, reason: 'too late' };
        const cancelled =
          source === undefined
            ? raw(JSON.stringify(data), { id: randomUUID(), type: CANCEL })
            : event(CANCEL, data, { source });
        assert.equal((await broker.deliver(cancelled)).result, 'deferred');
        // The id with another source is the order of another producer.
        const others = event(PLACE, orderRequest(), { id, source: '/till' });
        assert.equal((await broker.deliver(others)).result, 'done');
        if (how === 'message')
          await broker.deliver(raw(JSON.stringify(orderRequest({ locale: 'de' })), { id, type: PLACE }));
        else await stage.app.inject(placing(orderRequest({ locale: 'de' }), { 'idempotency-key': id }));
        await waitForStatus(orderId, 'cancelled');
        const order = orderOf(await stage.app.inject(getting(`/v1/orders/${orderId}`)));
        assert.deepEqual(
          [order.payment.status, order.reason],
          ['none', 'too late'],
          `${how} ${source ?? ''}`,
        );
        await waitForStatus(orderIdOf(CLIENT, others.key), 'paid');
      }
  });

  it('does not delay an order behind the cancellation of its pieces, and charges it', async () => {
    const placed = event(PLACE, orderRequest({ lines: [line('mug-01', 2)] }));
    const orderId = orderIdOf(CLIENT, placed.key);
    const partly = broker.deliver(event(CANCEL, { orderId, lines: [{ line: 1, quantity: 1 }] }));
    const began = performance.now();
    assert.equal((await broker.deliver(placed)).result, 'done');
    assert.ok(performance.now() - began < 1_500, `it took ${performance.now() - began} ms`);
    assert.equal((await partly).result, 'done');
    await waitForStatus(orderId, 'paid');
  });

  it('sets the stock, and ignores an older report', async () => {
    const item = { sku: await stage.shop.item(5), title: 'Mug', unitPrice: 1_000, currency: 'EUR' };
    const report = (onHand: number, sequence: number) =>
      broker.deliver(event(STOCK, { ...item, onHand, sequence }));
    assert.deepEqual({ ...(await report(50, 2)), id: '' }, { id: '', result: 'done', status: 'applied' });
    assert.deepEqual({ ...(await report(10, 1)), id: '' }, { id: '', result: 'done', status: 'outdated' });
    assert.equal((await stage.shop.stock(item.sku)).available, 50);
  });

  it('applies the rows of a stock report, and answers each', async () => {
    const [first, second] = [await stage.shop.item(5), await stage.shop.item(5)];
    const row = { source: 'wms', kind: 'physical', quantity: 8, sequence: 1 };
    const one = await broker.deliver(event(STOCK, { ...row, sku: first }));
    assert.ok(one.result === 'done');
    assert.deepEqual([one.status, one.rows?.[0]?.available], ['applied', 8]);
    const several = await broker.deliver(
      event(
        STOCK,
        [first, second].map((sku) => ({ ...row, sku })),
      ),
    );
    assert.ok(several.result === 'done');
    assert.deepEqual(
      several.rows?.map(({ row: position, sku, status }) => [position, sku, status]),
      [
        [1, first, 'stale'],
        [2, second, 'applied'],
      ],
    );
  });

  it('applies arrivals of one item in the order of their messages, alone and among others', async () => {
    const [sku, other] = [await stage.shop.item(0), await stage.shop.item(0)];
    const arrival = (sequence: number, item = sku) => ({
      source: 'wms',
      kind: 'delta',
      quantity: 1,
      sku: item,
      sequence,
    });
    const receipts = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        broker.deliver(
          event(STOCK, index % 2 === 0 ? arrival(index) : [arrival(index, other), arrival(index)]),
        ),
      ),
    );
    assert.ok(receipts.every(({ result }) => result === 'done'));
    assert.equal((await stage.shop.stock(sku)).available, 20);
    assert.equal((await stage.shop.stock(other)).available, 10);
  });

  it('keeps an event as a dead letter whose payment has an id that no provider can have made', async () => {
    const data = { type: 'charge.refunded', data: { object: { id: 'ch_1', payment_intent: 'pi_\0' } } };
    const receipt = await broker.deliver(
      raw(JSON.stringify(data), { id: randomUUID(), type: 'payment.event' }),
    );
    assert.ok(receipt.result === 'dead' && receipt.code === 'invalid_request', JSON.stringify(receipt));
  });

  it('keeps a stock report as a dead letter whose items are not all known, and applies the others', async () => {
    const sku = await stage.shop.item(5);
    const row = { source: 'wms', kind: 'physical', quantity: 8, sequence: 1 };
    const receipt = await broker.deliver(
      event(STOCK, [
        { ...row, sku: 'not-yet' },
        { ...row, sku },
      ]),
    );
    assert.ok(receipt.result === 'dead' && receipt.code === 'invalid_request', JSON.stringify(receipt));
    assert.equal((await stage.shop.stock(sku)).available, 8);
    const letter = await intake.deadLetters.find(receipt.deadLetterId);
    assert.deepEqual(letter?.errors, [{ field: 'data[0].sku', message: 'is not in the catalogue' }]);
    await stage.shop.catalogue.put('not-yet', { title: 'New', unitPrice: 1, currency: 'EUR', onHand: 0 });
    const replayed = await stage.app.inject(
      sending('POST', `/v1/dead-letters/${receipt.deadLetterId}/replay`),
    );
    assert.equal(replayed.statusCode, 200);
    assert.equal((await stage.shop.stock('not-yet')).available, 8);
  });

  it('refuses an item whose currency or price cannot be charged, and names the field', async () => {
    const item = { sku: 'odd', title: 'Odd', unitPrice: 5_124, currency: 'KWD', onHand: 1, sequence: 1 };
    for (const [change, code, field] of [
      [{}, 'amount_not_chargeable', 'unitPrice'],
      [{ currency: 'ZZZ' }, 'invalid_request', 'currency'],
    ] as const) {
      const receipt = await broker.deliver(event(STOCK, { ...item, ...change }));
      assert.ok(receipt.result === 'dead' && receipt.code === code, JSON.stringify(receipt));
      const letter = await intake.deadLetters.find(receipt.deadLetterId);
      assert.equal(letter?.errors[0]?.field, field);
    }
    assert.equal(await stage.shop.catalogue.get('odd'), undefined);
  });

  it('stores a poison message once, with its bytes and the reason, however often it is delivered', async () => {
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

  it('refuses a command for the same reasons as HTTP', async () => {
    const codeOf = async (message: Parameters<TestBroker['deliver']>[0]) => {
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

  it('starts an order at its `notbefore`, and can cancel it earlier', async () => {
    const notbefore = new Date(Date.now() + 1_500).toISOString();
    const delayed = event(PLACE, orderRequest(), { notbefore });
    assert.equal((await broker.deliver(delayed)).result, 'done');
    const orderId = orderIdOf(CLIENT, delayed.key);
    assert.equal(await statusOf(orderId), 'placed');
    await waitForStatus(orderId, 'paid');
    const { createdAt } = orderOf(await stage.app.inject(getting(`/v1/orders/${orderId}`)));
    assert.ok(createdAt >= notbefore, `${createdAt} is before ${notbefore}`);

    const hour = new Date(Date.now() + 3_600_000).toISOString();
    const never = event(PLACE, orderRequest(), { notbefore: hour });
    await broker.deliver(never);
    await broker.deliver(event(CANCEL, { idempotencyKey: never.eventId }));
    await waitForStatus(orderIdOf(CLIENT, never.key), 'cancelled');
  });

  it('cancels pieces of an order, and records what has arrived of a return, by the key of the message', async () => {
    const lines = [{ line: 1, quantity: 2 }];
    const received: unknown[] = [];
    const other = createTestBroker();
    const opened = await openTestIntake(stage, [other], {
      orders: {
        ...stage.orders,
        cancelLines: (command) => {
          received.push(command);
          return Promise.reject(new Problem('too_late', 'handed over'));
        },
      },
      returns: {
        ...stage.returns,
        receive: (command) => {
          received.push(command);
          return Promise.reject(new Problem('return_not_found', 'there is none'));
        },
      },
    });
    const cancelled = event(CANCEL, { orderId: 'ord_1', lines, reason: 'too many' });
    await other.deliver(cancelled);
    const request = {
      lines: lines.map((each) => ({ ...each, disposition: 'restocked' })),
      location: 'berlin',
    };
    const arrived = event(RETURN, { returnId: 'ret_1', ...request });
    const receipt = await other.deliver(arrived);
    assert.ok(receipt.result === 'dead' && receipt.code === 'return_not_found', JSON.stringify(receipt));
    assert.deepEqual(received, [
      { clientId: CLIENT, orderId: 'ord_1', reason: 'too many', lines, key: cancelled.key },
      { clientId: CLIENT, returnId: 'ret_1', key: arrived.key, request },
    ]);
    const wrong = await other.deliver(
      event(RETURN, { returnId: 'ret_1', lines: [{ line: 1, quantity: 1, disposition: 'eaten' }] }),
    );
    assert.ok(wrong.result === 'dead' && wrong.code === 'invalid_request');
    await opened.stop();
  });

  it('retries a command that cannot succeed yet, without delaying other orders', async () => {
    let failures = 3;
    const slow = event(PLACE, orderRequest());
    const other = await openIntakeWith({
      place(command) {
        if (command.key === slow.key && failures-- > 0)
          return Promise.reject(new Problem('unavailable', 'not now'));
        return stage.orders.place(command);
      },
    });
    const retried = other.broker.deliver(slow);
    const receipt = await other.broker.deliver(event(PLACE, orderRequest()));
    assert.equal(receipt.result, 'done');
    assert.ok(failures > 0, 'the other order was placed meanwhile');
    assert.equal((await retried).result, 'done');
    await other.stop();
  });

  it('leaves a command to an operator that has failed for too long', async () => {
    const other = await openIntakeWith({ place: () => Promise.reject(new Error('broken')) }, 300);
    const receipt = await other.broker.deliver(event(PLACE, orderRequest()));
    assert.ok(receipt.result === 'dead' && receipt.code === 'internal', JSON.stringify(receipt));
    await other.stop();
  });

  it('does not acknowledge a message that was not done when it was stopped', async () => {
    const other = await openIntakeWith({
      place: () => Promise.reject(new Problem('unavailable', 'not now')),
    });
    const unfinished = other.broker.deliver(event(PLACE, orderRequest()));
    const rejected = assert.rejects(unfinished);
    await other.stop();
    await rejected;
  });

  describe('a message with a card number', () => {
    const CARD = '4242 4242 4242 4242';
    const stored = async (id: string) => {
      const { rows } = await stage.shop.pool.query<{ row: string; body: string }>(
        `select d::text as row, convert_from(body, 'UTF8') as body from dead_letters d where message_id = $1`,
        [id],
      );
      assert.equal(rows.length, 1);
      return rows[0] ?? { row: '', body: '' };
    };

    it('is stored with the path of the field and without the number, and is replayed only with corrected data', async () => {
      const [id, order] = [randomUUID(), orderRequest()];
      const sent = event(PLACE, { ...order, note: `card ${CARD}, please`, [CARD]: 4242424242424242 }, { id });
      const receipt = await broker.deliver(sent);
      assert(receipt.result === 'dead');
      assert.equal(receipt.code, 'card_number_refused');
      const { row, body } = await stored(id);
      assert.doesNotMatch(`${row}${body}`, /4242.?4242/);
      assert.ok(!row.includes(Buffer.from(CARD).toString('hex')));
      assert.match(row, /data\.note/);
      assert.match(body, /card \[card number removed\], please/);
      assert.match(body, /ada@|"customer"/);
      assert.deepEqual(await broker.deliver(sent), receipt);

      const replay = (payload?: object) =>
        stage.app.inject(sending('POST', `/v1/dead-letters/${receipt.deadLetterId}/replay`, payload));
      const refused = await replay();
      assert.equal(refused.json<{ code: string }>().code, 'card_number_refused');
      assert.equal((await replay({ data: order })).statusCode, 200);
      await waitForStatus(orderIdOf(CLIENT, sent.key), 'paid');
    });

    it('is stored without it if it could not be read, byte by byte otherwise', async () => {
      const id = randomUUID();
      const receipt = await broker.deliver(raw(`{"name": "Zoë", "note": "${CARD}`, { id, type: PLACE }));
      assert(receipt.result === 'dead');
      assert.equal(receipt.code, 'invalid_json');
      assert.equal((await stored(id)).body, '{"name": "Zoë", "note": "[card number removed]');
    });

    describe('is stored without it when something else is found first:', () => {
      const DIGITS = CARD.replaceAll(' ', '');
      const order = orderRequest();
      const text = JSON.stringify(order);
      const address = { name: 'Ada\u0000', line1: CARD, city: 'Berlin', postalCode: '10115', country: 'DE' };
      const attributes = (id: string) => ({ specversion: '1.0', id, source: '/t', type: PLACE });
      const encoded = (content: string) => Buffer.from(content).toString('base64');
      const withData = (id: string, data: string) =>
        raw(JSON.stringify({ ...attributes(id), data: 0 }).replace(/0\}$/, `${data}}`));
      const deep = `${'['.repeat(40)}"${CARD}"${']'.repeat(40)}`;
      const cases: Record<string, (id: string) => Parameters<TestBroker['deliver']>[0]> = {
        'a number': (id) => event(PLACE, { ...order, card: { number: Number(DIGITS) } }, { id }),
        'a number in another notation': (id) => withData(id, `{"card":4.242424242424242e15}`),
        'an unknown type': (id) => event(`order.place.${DIGITS}`, order, { id }),
        'an unknown type of the broker': (id) => raw(text, { id, type: `order.place.${DIGITS}` }),
        'an unknown type in binary mode': (id) => ({
          ...raw(text),
          attributes: { ...attributes(id), type: `a.${DIGITS}` },
        }),
        'a content type': (id) => ({ ...raw(text, { id, type: PLACE }), contentType: `text/${DIGITS}` }),
        'a name with NUL': (id) => event(PLACE, { ...order, shippingAddress: address }, { id }),
        'a key that is present twice': (id) => withData(id, `{"a":"${CARD}","a":1}`),
        'the name __proto__': (id) => withData(id, `{"__proto__":{"a":"${CARD}"}}`),
        'too many levels': (id) => withData(id, deep),
        'unknown ids and keys': (id) => event(PLACE, { ...order, cardId: CARD, cardKey: DIGITS }, { id }),
        'an SKU with spaces': (id) => event(PLACE, { ...order, lines: [{ sku: CARD, quantity: 1 }] }, { id }),
        'escapes in broken JSON': (id) =>
          raw(`{"a":"\\u0034242\\t4242\\u00a04242 \\u003${'4242'.split('').join('\\u003')}`, {
            id,
            type: PLACE,
          }),
        'base64 in broken JSON': (id) => raw(`{"data_base64" : "${encoded(CARD)}", `, { id, type: PLACE }),
        'base64 that is not JSON': (id) =>
          raw(JSON.stringify({ ...attributes(id), data_base64: encoded(`card ${CARD}`) })),
        'base64 of another type': (id) =>
          raw(
            JSON.stringify({ ...attributes(id), datacontenttype: 'a/b', data_base64: encoded(`"${CARD}"`) }),
          ),
        'an invalid payment event': (id) => event(PAYMENT, { type: 'a', card: CARD }, { id }),
        gzip: (id) => ({
          ...raw('', { id, type: PLACE }),
          body: gzipSync(`"${CARD}"`),
          contentEncoding: 'gzip',
        }),
        'UTF-16': (id) => ({ body: Buffer.from(`{"a":"${CARD}"}`, 'utf16le'), id, type: PLACE }),
      };
      for (const [name, messageOf] of Object.entries(cases))
        it(name, async () => {
          const id = randomUUID();
          const receipt = await broker.deliver(messageOf(id));
          assert.ok(receipt.result === 'dead');
          assert.notEqual(receipt.code, 'card_number_refused');
          const letter = await intake.deadLetters.find(receipt.deadLetterId);
          assert.ok(letter);
          const { body, attributes, contentType = '', type = '' } = letter.message;
          const base64 = /"data_base64" ?: ?"([^"]*)/.exec(body.toString())?.[1] ?? '';
          assert.ok(!body.includes(gzipSync(`"${CARD}"`)));
          const kept = `${JSON.stringify(attributes)}${contentType}${type}${body.toString()}${Buffer.from(base64, 'base64').toString()}`;
          const digits = kept.replaceAll(/\\u003(\d)/g, '$1').replaceAll(/\\u[\da-f]{4}|\\t|[\s\0]/g, '');
          assert.doesNotMatch(digits, /4242424242|4\.24242424/);
          assert.match(kept, /\[card number removed\]/);
        });
    });

    it('keeps the bytes and the ids of a message that has none', async () => {
      const [id, sku] = [randomUUID(), '4242424242424242'];
      const attributes = { specversion: '1.0', id, source: '/4242424242424242', type: STOCK, subject: sku };
      const row = { source: 'wms', sku, kind: 'physical', quantity: 7, sequence: 4242424242424242 };
      const body = Buffer.from(JSON.stringify({ ...attributes, data: row }, null, 2));
      const receipt = await broker.deliver({ body });
      assert.ok(receipt.result === 'dead');
      const letter = await intake.deadLetters.find(receipt.deadLetterId);
      assert.deepEqual(letter?.message.body, body);
    });

    it('of another kind than ours, in an event of the provider, does not need corrected data', async () => {
      const object = { id: 'pi_unknown', object: 'payment_intent', description: CARD };
      const data = { id: 'evt_1', type: 'payment_intent.succeeded', data: { object } };
      const other = await openIntakeWith({
        applyStripeEvent: () => Promise.reject(new Problem('unknown_sku', 'not now')),
      });
      const receipt = await other.broker.deliver(event(PAYMENT, data));
      await other.stop();
      assert.ok(receipt.result === 'dead');
      assert.doesNotMatch(
        (await intake.deadLetters.find(receipt.deadLetterId))?.message.body.toString() ?? '',
        /4242/,
      );
      const answer = await stage.app.inject(
        sending('POST', `/v1/dead-letters/${receipt.deadLetterId}/replay`),
      );
      assert.equal(answer.statusCode, 200, answer.body);
    });

    it('is looked for in megabytes of anything', async () => {
      for (const body of [
        '1'.repeat(2e6),
        '"'.repeat(2e6),
        `"${'x'.repeat(2e6)}"`,
        `[${'1,'.repeat(1e6)}1]`,
        '['.repeat(2e6),
      ]) {
        const receipt = await broker.deliver(raw(body, { id: randomUUID(), type: PLACE }));
        assert.equal(receipt.result === 'dead' && receipt.code, 'body_too_large');
      }
    });

    it('is stored without what base64 hides', async () => {
      const id = randomUUID();
      const data = Buffer.from(JSON.stringify({ note: CARD })).toString('base64');
      const envelope = { specversion: '1.0', id, source: '/t', type: PLACE, data_base64: data };
      const receipt = await broker.deliver(raw(JSON.stringify(envelope)));
      assert(receipt.result === 'dead');
      assert.equal(receipt.code, 'card_number_refused');
      assert.ok(!(await stored(id)).body.includes(data));
    });
  });
});
