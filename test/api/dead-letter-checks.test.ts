import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { DeadLetterCheck, DeadLetterView } from '../../src/contracts/http/dead-letters.ts';
import type { StockItem } from '../../src/contracts/http/stock.ts';
import { createReturnStore } from '../../src/adapters/postgres/return-store.ts';
import { orderIdOf } from '../../src/orders/order-id.ts';
import {
  CANCEL,
  event,
  PAYMENT,
  PLACE,
  raw,
  RETURN,
  SHIPMENT,
  STOCK,
  type TestMessage,
} from '../../harness/brokers/message.ts';
import { line, orderRequest } from '../../harness/orders.ts';
import { openWorkingStage, type Stage } from '../support/api/app.ts';
import { getting, orderOf, problemOf, sending } from '../support/api/requests.ts';
import {
  CLIENT,
  createTestBroker,
  openTestIntake,
  type TestBroker,
  type TestIntake,
} from '../support/intake/stage.ts';
import { deliver, handOver, paidOrderOf } from '../support/shipped-orders.ts';

describe('the check of a dead letter', function () {
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

  async function dead(message: TestMessage): Promise<string> {
    const receipt = await broker.deliver(message);
    assert.ok(receipt.result === 'dead', JSON.stringify(receipt));
    return receipt.deadLetterId;
  }

  /** A message of this type whose body cannot be read, with these data as its correction. */
  async function checkOf(type: string, data: unknown, id: string = randomUUID()): Promise<DeadLetterCheck> {
    return check(await dead(raw('no', { id, type })), { data });
  }

  async function check(deadLetterId: string, corrections?: object): Promise<DeadLetterCheck> {
    const answer = await stage.app.inject(
      sending('POST', `/v1/dead-letters/${deadLetterId}/check`, corrections),
    );
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json<DeadLetterCheck>();
  }

  const letterOf = async (id: string): Promise<DeadLetterView> =>
    (await stage.app.inject(getting(`/v1/dead-letters/${id}`))).json();
  const order = async (orderId: string) => orderOf(await stage.app.inject(getting(`/v1/orders/${orderId}`)));
  const refused = (answer: DeadLetterCheck, reason: string, ...fields: string[]) => {
    assert.equal(answer.accepted, false, JSON.stringify(answer));
    assert.equal(answer.reason, reason, answer.detail);
    assert.deepEqual(
      answer.errors.map(({ field }) => field),
      fields,
    );
  };

  it('says that an order would be placed, and places none', async () => {
    const message = event(PLACE, { ...orderRequest(), price: 1 });
    const id = await dead(message);
    const before = await letterOf(id);
    refused(await check(id), 'invalid_request', 'data.price');
    assert.deepEqual(await check(id, { data: orderRequest() }), { accepted: true, type: PLACE, errors: [] });
    assert.deepEqual(await letterOf(id), before);
    const found = await stage.app.inject(getting(`/v1/orders/${orderIdOf(CLIENT, message.key)}`));
    assert.equal(found.statusCode, 404, found.body);
  });

  it('names the field and what it must be, as a replay does', async () => {
    const id = await dead(raw('no', { id: randomUUID(), type: PLACE }));
    for (const data of [
      orderRequest({ lines: [line('mug-01', 0)] }),
      orderRequest({ lines: [line('mug-01'), line('no-such-item')] }),
      orderRequest({ currency: 'USD' }),
      orderRequest({ expectedTotal: 1 }),
      { ...orderRequest(), customer: { email: 'nobody' } },
    ]) {
      const { accepted, reason, detail, errors } = await check(id, { data });
      const replay = await stage.app.inject(sending('POST', `/v1/dead-letters/${id}/replay`, { data }));
      const problem = problemOf(replay);
      assert.deepEqual([accepted, reason, detail], [false, problem.code, problem.detail]);
      assert.deepEqual(errors, problem.errors);
      assert.ok(errors.length > 0);
    }
  });

  it('refuses the body of an order under a key that another body has, and accepts the same', async () => {
    const message = event(PLACE, orderRequest());
    const receipt = await broker.deliver(message);
    assert.equal(receipt.result, 'done');
    const id = await dead(raw('no', { id: randomUUID(), type: PLACE }));
    // A message that is no CloudEvent has its id as its key.
    const plain = raw(JSON.stringify(orderRequest()), { id: randomUUID(), type: PLACE });
    assert.equal((await broker.deliver(plain)).result, 'done');
    refused(
      await check(id, { id: plain.id, data: orderRequest({ lines: [line('mug-01', 2)] }) }),
      'idempotency_key_reused',
      'Idempotency-Key',
    );
    assert.ok((await check(id, { id: plain.id, data: orderRequest() })).accepted);
  });

  it('knows a type that is corrected', async () => {
    const id = await dead(event('com.example.other', orderRequest()));
    refused(await check(id), 'unknown_type', 'type');
    assert.equal((await check(id, { type: 'order.place' })).type, PLACE);
  });

  it('says whether an order can be cancelled, as a whole or in part, and leaves it', async () => {
    const paid = await paidOrderOf(stage.shop, [{ sku: 'mug-01', quantity: 3 }]);
    const before = await order(paid);
    assert.ok((await checkOf(CANCEL, { orderId: paid })).accepted);
    assert.ok((await checkOf(CANCEL, { orderId: paid, lines: [{ line: 1, quantity: 2 }] })).accepted);
    refused(
      await checkOf(CANCEL, { orderId: paid, lines: [{ line: 1, quantity: 4 }] }),
      'quantity_exceeds_line',
      'lines',
    );
    refused(
      await checkOf(CANCEL, { orderId: paid, lines: [{ line: 2, quantity: 1 }] }),
      'invalid_request',
      'lines[0].line',
    );
    assert.deepEqual(await order(paid), before);
    await handOver(stage.shop, paid, [{ line: 1, quantity: 1 }]);
    refused(await checkOf(CANCEL, { orderId: paid }), 'too_late');
    refused(await checkOf(CANCEL, { orderId: 'ord_none' }), 'order_not_found');
  });

  it('says whether a report of a shipment or of a receipt would be recorded, and records none', async () => {
    const orderId = await paidOrderOf(stage.shop, [{ sku: 'mug-01', quantity: 2 }]);
    const report = (quantity: number) => ({
      orderId,
      lines: [{ line: 1, quantity }],
      carrier: 'DHL',
      trackingCode: 'code-check',
    });
    const before = await order(orderId);
    assert.ok((await checkOf(SHIPMENT, report(2))).accepted);
    refused(await checkOf(SHIPMENT, report(3)), 'quantity_exceeds_line', 'lines');
    refused(await checkOf(SHIPMENT, { ...report(1), location: 'nowhere' }), 'location_not_found', 'location');
    assert.deepEqual(await order(orderId), before);

    await deliver(stage.shop, orderId, [{ line: 1, quantity: 2 }]);
    const returnId = `ret_${randomUUID().replaceAll('-', '')}`;
    const requested = await createReturnStore(stage.shop.pool).request({
      returnId,
      orderId,
      lines: [{ line: 1, quantity: 1 }],
      windowMs: 1_000_000,
      requestHash: 'a'.repeat(64),
    });
    assert.ok(requested.outcome !== 'refused');
    const receipt = { returnId, lines: [{ line: 1, quantity: 1, disposition: 'restocked' }] };
    refused(await checkOf(RETURN, receipt), 'return_state_conflict');
    await createReturnStore(stage.shop.pool).decide({ returnId, action: 'open' });
    assert.ok((await checkOf(RETURN, receipt)).accepted);
    assert.equal((await order(orderId)).returns[0]?.status, 'open');
    refused(await checkOf(RETURN, { ...receipt, returnId: 'ret_none' }), 'return_not_found');
  });

  it('says whether a report of stock would be applied, and applies none', async () => {
    const sku = `check-${randomUUID().slice(0, 8)}`;
    const item = { sku, title: 'Check', unitPrice: 1_000, currency: 'EUR', onHand: 10, sequence: 1 };
    const find = async () => stage.app.inject(getting(`/v1/stock/${sku}`));
    assert.ok((await checkOf(STOCK, item)).accepted);
    refused(await checkOf(STOCK, { ...item, currency: 'XXQ' }), 'invalid_request', 'currency');
    refused(await checkOf(STOCK, { ...item, location: 'nowhere' }), 'location_not_found', 'location');
    assert.equal((await find()).statusCode, 404);

    await stage.shop.catalogue.put(sku, item);
    const row = {
      source: 'check',
      sku,
      kind: 'physical',
      quantity: 3,
      sequence: 1,
      asOf: new Date().toISOString(),
    };
    assert.ok((await checkOf(STOCK, [row])).accepted);
    refused(await checkOf(STOCK, [row, { ...row, sku: 'no-such-item' }]), 'invalid_request', 'data[1].sku');
    assert.equal((await find()).json<StockItem>().onHand, 10);
  });

  it('checks the form of a payment event', async () => {
    const intent = { id: 'pi_1', status: 'succeeded', metadata: { order_id: 'ord_1' } };
    const data = { type: 'payment_intent.succeeded', data: { object: intent } };
    assert.ok((await checkOf(PAYMENT, data)).accepted);
    refused(
      await checkOf(PAYMENT, { ...data, data: { object: { ...intent, id: 'with space' } } }),
      'invalid_request',
      'data.object',
    );
    refused(await checkOf(PAYMENT, { data: { object: intent } }), 'invalid_request', 'data.type');
  });

  it('is refused for a message that is settled, and for one that there is not', async () => {
    const id = await dead(raw('no', { id: randomUUID(), type: PLACE }));
    await stage.app.inject(sending('POST', `/v1/dead-letters/${id}/discard`, {}));
    for (const [path, code] of [
      [id, 'dead_letter_settled'],
      ['dl_none', 'dead_letter_not_found'],
    ])
      assert.equal(
        problemOf(await stage.app.inject(sending('POST', `/v1/dead-letters/${path ?? ''}/check`, {}))).code,
        code,
      );
  });
});
