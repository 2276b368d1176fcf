import assert from 'node:assert/strict';
import type { OrderEvent } from '../../src/contracts/http/order.ts';
import { orderIdOf } from '../../src/orders/order-id.ts';
import { checkoutOrder } from '../../harness/orders.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { authorized, getting, newKey, problemOf } from '../support/api/requests.ts';

describe('the events of an order', () => {
  let stage: Stage;
  let origin: string;
  before(async function () {
    this.timeout(120_000);
    stage = await openStage();
    await stage.app.listen({ port: 0, host: '127.0.0.1' });
    const [address] = stage.app.addresses();
    origin = `http://127.0.0.1:${typeof address === 'object' ? address.port : 0}`;
  });
  after(() => stage.close());

  async function reserved() {
    const order = { ...checkoutOrder(), orderId: orderIdOf('development', newKey()) };
    await stage.shop.ledger.reserveStock([order]);
    return order;
  }
  const cancel = (order: Awaited<ReturnType<typeof reserved>>) =>
    stage.shop.ledger.releaseStock([{ orderId: order.orderId, status: 'cancelled', reason: 'test', order }]);

  /** The frames of a live stream one by one, without comments and `retry`. */
  async function* follow(
    orderId: string,
    lastEventId?: string,
  ): AsyncGenerator<{ id: string; event: OrderEvent }> {
    const answer = await fetch(`${origin}/v1/orders/${orderId}/events`, {
      headers: {
        ...authorized,
        accept: 'text/event-stream',
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      },
    });
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/event-stream/);
    assert.ok(answer.body);
    let text = '';
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const frames = text.split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames) {
        const id = /^id: (.*)$/m.exec(frame)?.[1];
        const data = /^data: (.*)$/m.exec(frame)?.[1];
        if (id !== undefined && data !== undefined) yield { id, event: JSON.parse(data) as OrderEvent };
      }
    }
  }

  it('are listed oldest first and without gaps', async () => {
    const order = await reserved();
    await cancel(order);
    const answer = await stage.app.inject(getting(`/v1/orders/${order.orderId}/events`));
    const { data } = answer.json<{ data: OrderEvent[] }>();
    assert.deepEqual(
      data.map(({ sequence, type }) => [sequence, type.split('.').at(-2)]),
      [
        [1, 'placed'],
        [2, 'reserved'],
        [3, 'cancelled'],
      ],
    );
  });

  it('are streamed as they happen, and the stream ends with the order', async () => {
    const order = await reserved();
    const ids: string[] = [];
    for await (const { id } of follow(order.orderId)) {
      ids.push(id);
      if (id === '2') await cancel(order);
    }
    assert.deepEqual(ids, ['1', '2', '3']);
  });

  it('continue after the last one that the client has received', async () => {
    const order = await reserved();
    await cancel(order);
    const ids: string[] = [];
    for await (const { id } of follow(order.orderId, '1')) ids.push(id);
    assert.deepEqual(ids, ['2', '3']);
  });

  it('that happen between two connections are not lost', async () => {
    const order = await reserved();
    const ids: string[] = [];
    for await (const { id } of follow(order.orderId)) {
      ids.push(id);
      if (id === '2') break;
    }
    await cancel(order);
    for await (const { id } of follow(order.orderId, ids.at(-1))) ids.push(id);
    assert.deepEqual(ids, ['1', '2', '3']);
  });

  for (const lastEventId of ['3', '4', '999999999999999'])
    it(`of an order that has ended with event 3 are answered 204 after ${lastEventId}, which ends an EventSource`, async () => {
      const order = await reserved();
      await cancel(order);
      const headers = { accept: 'text/event-stream', 'last-event-id': lastEventId };
      const answer = await stage.app.inject(getting(`/v1/orders/${order.orderId}/events`, headers));
      assert.equal(answer.statusCode, 204);
    });

  it('that are new are sent to a client whose last event the order has not reached', async () => {
    const order = await reserved();
    setTimeout(() => void cancel(order), 500);
    const ids: string[] = [];
    for await (const { id } of follow(order.orderId, '7')) ids.push(id);
    assert.deepEqual(ids, ['3']);
  });

  it('that came after the end are sent, and the stream ends', async () => {
    const order = await reserved();
    await cancel(order);
    await stage.shop.pool.query(
      `insert into order_events (order_id, sequence, type, data, tx)
       select order_id, 4, 'com.durable-checkout.order.late_payment_refunded.v1', '{}', tx from order_events
        where order_id = $1 and sequence = 3`,
      [order.orderId],
    );
    const ids: string[] = [];
    for await (const { id } of follow(order.orderId, '3')) ids.push(id);
    assert.deepEqual(ids, ['4']);
  });

  for (const lastEventId of ['abc', '-1', '1.5', 'ord_1/3', '1, 2'])
    it(`after ${lastEventId} are refused`, async () => {
      const order = await reserved();
      for (const accept of ['text/event-stream', 'application/json']) {
        const headers = { accept, 'last-event-id': lastEventId };
        const answer = await stage.app.inject(getting(`/v1/orders/${order.orderId}/events`, headers));
        assert.equal(answer.statusCode, 400, answer.body);
        assert.equal(problemOf(answer).errors?.[0]?.field, 'Last-Event-ID');
      }
    });

  it('end for every client when the API closes', async () => {
    const order = await reserved();
    const app = await stage.another();
    await app.listen({ port: 0, host: '127.0.0.1' });
    const [address] = app.addresses();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address.port : 0}/v1/orders/${order.orderId}/events`;
    const answer = await fetch(url, { headers: { ...authorized, accept: 'text/event-stream' } });
    await Promise.all([app.close(), answer.text()]);
  });

  it('of another client are not found', async () => {
    const order = { ...checkoutOrder(), orderId: orderIdOf('other', newKey()), clientId: 'other' };
    await stage.shop.ledger.reserveStock([order]);
    const answer = await stage.app.inject(getting(`/v1/orders/${order.orderId}/events`));
    assert.equal(answer.statusCode, 404);
  });
});
