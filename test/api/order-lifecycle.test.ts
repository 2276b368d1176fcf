import assert from 'node:assert/strict';
import type { StatsView } from '../../src/contracts/http/stats.ts';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { checkoutWorkflowId } from '../../src/contracts/temporal/names.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { line, orderRequest } from '../../harness/orders.ts';
import { openWorkingStage } from '../support/api/app.ts';
import { getting, newKey, orderOf, placing, problemOf, sending } from '../support/api/requests.ts';

describe('an order from its placing to its end', () => {
  let stage: Awaited<ReturnType<typeof openWorkingStage>>;
  before(async function () {
    this.timeout(180_000);
    stage = await openWorkingStage();
  });
  after(() => stage.close());

  const waiting = (method: string, wait = 20, headers = {}) =>
    placing(orderRequest({ payment: { method } }), { prefer: `wait=${wait}`, ...headers });

  it('is answered 200 as soon as it is paid, with the captured amount', async () => {
    const answer = await stage.app.inject(waiting('pm_card_visa'));
    assert.equal(answer.statusCode, 200, answer.body);
    const order = answer.json<OrderView>();
    assert.deepEqual(
      [order.status, order.payment.status, order.payment.captured, order.reservations[0]?.state],
      ['paid', 'succeeded', 1_200, 'consumed'],
    );
  });

  it('is answered 200 with its failed status when the card is declined, and the stock is released', async () => {
    const sku = await stage.shop.item(3);
    const answer = await stage.app.inject(
      placing(orderRequest({ lines: [line(sku, 3)], payment: { method: 'pm_declined' } }), {
        prefer: 'wait=20',
      }),
    );
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(orderOf(answer).status, 'payment_failed');
    assert.equal(orderOf(answer).payment.declineCode, 'card_declined');
    assert.equal((await stage.shop.stock(sku)).available, 3);
  });

  it('is answered 200 out_of_stock when there is not enough', async () => {
    const sku = await stage.shop.item(1);
    const answer = await stage.app.inject(
      placing(orderRequest({ lines: [line(sku, 2)] }), { prefer: 'wait=20' }),
    );
    assert.deepEqual([answer.statusCode, orderOf(answer).status], [200, 'out_of_stock'], answer.body);
  });

  it('placed fifty times at once is answered fifty times, and the last piece is sold once', async () => {
    const sku = await stage.shop.item(1);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        stage.app.inject(placing(orderRequest({ lines: [line(sku)] }), { prefer: 'wait=60' })),
      ),
    );
    const statuses = answers.map((answer) => `${answer.statusCode} ${orderOf(answer).status}`).sort();
    assert.deepEqual(statuses, [...Array.from({ length: 49 }, () => '200 out_of_stock'), '200 paid']);
  }).timeout(120_000);

  it('repeated without waiting is answered 200 once its outcome is known', async () => {
    const key = newKey();
    const first = await stage.app.inject(waiting('pm_card_visa', 20, { 'idempotency-key': key }));
    const again = await stage.app.inject(
      placing(orderRequest({ payment: { method: 'pm_card_visa' } }), { 'idempotency-key': key }),
    );
    assert.equal(again.statusCode, 200);
    assert.deepEqual(orderOf(again), orderOf(first));
  });

  it('is answered at once when the customer must act first', async () => {
    const started = Date.now();
    const answer = await stage.app.inject(waiting('pm_action', 30));
    assert.ok(Date.now() - started < 15_000);
    assert.equal(answer.statusCode, 202, answer.body);
    const order = answer.json<OrderView>();
    assert.equal(order.status, 'awaiting_customer');
    assert.equal(order.payment.nextActionUrl, 'https://bank.example/3ds');
  });

  it('is cancelled while it waits for its customer; cancelling again answers the same', async () => {
    const { orderId } = orderOf(await stage.app.inject(waiting('pm_action')));
    const cancel = sending('POST', `/v1/orders/${orderId}/cancel`, { reason: 'changed my mind' });
    const answers = await Promise.all([stage.app.inject(cancel), stage.app.inject(cancel)]);
    for (const answer of [...answers, await stage.app.inject(cancel)]) {
      assert.equal(answer.statusCode, 200, answer.body);
      assert.deepEqual(
        [orderOf(answer).status, orderOf(answer).reason, orderOf(answer).reservations[0]?.state],
        ['cancelled', 'changed my mind', 'released'],
      );
    }
  });

  it('is cancelled without a body', async () => {
    const { orderId } = orderOf(await stage.app.inject(waiting('pm_action')));
    const answer = await stage.app.inject(sending('POST', `/v1/orders/${orderId}/cancel`));
    assert.deepEqual([answer.statusCode, orderOf(answer).status], [200, 'cancelled'], answer.body);
  });

  it('is too late to cancel once it has failed, and the status says why', async () => {
    const { orderId } = orderOf(await stage.app.inject(waiting('pm_declined')));
    const answer = await stage.app.inject(sending('POST', `/v1/orders/${orderId}/cancel`, {}));
    assert.deepEqual(
      [answer.statusCode, problemOf(answer).code, problemOf(answer).orderStatus],
      [409, 'too_late', 'payment_failed'],
      answer.body,
    );
  });

  it('is not shown to, nor cancelled for, another client', async () => {
    const { orderId } = orderOf(await stage.app.inject(waiting('pm_card_visa')));
    await assert.rejects(stage.orders.find('somebody-else', orderId), { code: 'order_not_found' });
    await assert.rejects(stage.orders.cancel({ clientId: 'somebody-else', orderId }), {
      code: 'order_not_found',
    });
  });

  it('is found in the list by status and mail address, page by page, newest first', async () => {
    const email = `${newKey()}@example.com`;
    for (let count = 0; count < 3; count += 1) {
      await stage.app.inject(placing(orderRequest({ customer: { email } }), { prefer: 'wait=20' }));
    }
    const seen: string[] = [];
    let cursor = '';
    do {
      const answer = await stage.app.inject(
        getting(`/v1/orders?status=paid&email=${email}&limit=2${cursor}`),
      );
      const page = answer.json<{ data: OrderView[]; nextCursor?: string }>();
      seen.push(...page.data.map(({ createdAt }) => createdAt));
      cursor = page.nextCursor === undefined ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    assert.equal(seen.length, 3);
    assert.deepEqual(seen, [...seen].sort().reverse());
  });

  it('counts in the statistics', async () => {
    const answer = await stage.app.inject(getting('/v1/stats?window=1h'));
    assert.equal(answer.statusCode, 200, answer.body);
    const stats = answer.json<StatsView>();
    assert.equal(stats.windowSeconds, 3_600);
    assert.ok(Number(stats.responseTime.average) > 0 && Number(stats.orders.byStatus['paid']) > 0);
  });

  it('shows its mails, and only those of its client', async () => {
    const { orderId } = orderOf(await stage.app.inject(waiting('pm_card_visa')));
    const data = await waitUntilPasses(async () => {
      const answer = await stage.app.inject(getting(`/v1/mails?orderId=${orderId}`));
      const mails = answer.json<{ data: { kind: string; status: string }[] }>().data;
      assert.deepEqual(mails.map(({ kind, status }) => `${kind} ${status}`).sort(), [
        'created sent',
        'paid sent',
      ]);
      return mails;
    });
    assert.equal(data.length, 2);
  });

  it('is started eagerly by the worker of this process, without the task queue', async () => {
    const { orderId } = orderOf(await stage.app.inject(waiting('pm_card_visa')));
    const { events } = await stage.client.workflow.getHandle(checkoutWorkflowId(orderId)).fetchHistory();
    assert.equal(events?.[0]?.workflowExecutionStartedEventAttributes?.eagerExecutionAccepted, true);
  });

  it('has a workflow whose id is made from the id of the order', async () => {
    const { orderId } = orderOf(await stage.app.inject(waiting('pm_card_visa')));
    const { memo, typedSearchAttributes } = await stage.client.workflow
      .getHandle(checkoutWorkflowId(orderId))
      .describe();
    assert.deepEqual(Object.keys(memo ?? {}), ['requestHash']);
    assert.ok(!JSON.stringify([memo, typedSearchAttributes]).includes('ada@'));
  });
});
