import assert from 'node:assert/strict';
import { checkoutWorkflowId } from '../../src/contracts/temporal/names.ts';
import { line, orderRequest } from '../../harness/orders.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { getting, newKey, orderOf, placing, problemOf } from '../support/api/requests.ts';

describe('placing an order', () => {
  let stage: Stage;
  before(async function () {
    this.timeout(120_000);
    stage = await openStage();
  });
  after(() => stage.close());

  it('answers 202 with the URL of the order and its priced lines, and the order is found at once', async () => {
    const placed = await stage.app.inject(placing(orderRequest({ lines: [line('mug-01', 2)] })));
    assert.equal(placed.statusCode, 202, placed.body);
    const order = orderOf(placed);
    assert.equal(placed.headers.location, `/v1/orders/${order.orderId}`);
    assert.deepEqual(
      [order.status, order.total, order.lines[0]?.unitPrice, order.lines[0]?.title],
      ['placed', 2_400, 1_200, 'Mug'],
    );
    const found = await stage.app.inject(getting(`/v1/orders/${order.orderId}`));
    assert.equal(found.statusCode, 200, found.body);
    assert.deepEqual(orderOf(found), order);
  });

  it('waits no longer than the Prefer header asks, and confirms the wait', async () => {
    const started = Date.now();
    const placed = await stage.app.inject(placing(orderRequest(), { prefer: 'respond-async, wait=1' }));
    assert.equal(placed.statusCode, 202, placed.body);
    assert.equal(placed.headers['preference-applied'], 'wait=1');
    assert.ok(Date.now() - started < 3_000);
  });

  it('with one key, fifty times at once over two instances, is one order', async () => {
    const other = await stage.another();
    const key = newKey();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        (index % 2 === 0 ? stage.app : other).inject(placing(orderRequest(), { 'idempotency-key': key })),
      ),
    );
    assert.deepEqual(new Set(answers.map(({ statusCode }) => statusCode)), new Set([202]));
    const ids = new Set(answers.map((answer) => orderOf(answer).orderId));
    assert.equal(ids.size, 1);
    assert.equal(answers.filter(({ headers }) => headers['idempotency-replayed'] === undefined).length, 1);
  });

  it('with one key and two bodies at once at two instances, one body wins and the other gets 422', async () => {
    const other = await stage.another();
    const key = newKey();
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const body = orderRequest({ lines: [line('mug-01', 1 + (index % 2))] });
        const app = index % 4 < 2 ? stage.app : other;
        return {
          quantity: 1 + (index % 2),
          answer: await app.inject(placing(body, { 'idempotency-key': key })),
        };
      }),
    );
    const accepted = answers.filter(({ answer }) => answer.statusCode === 202);
    const refused = answers.filter(({ answer }) => answer.statusCode === 422);
    assert.equal(accepted.length, 10);
    assert.equal(refused.length, 10);
    assert.equal(new Set(accepted.map(({ quantity }) => quantity)).size, 1);
    for (const { answer } of refused) assert.equal(problemOf(answer).code, 'idempotency_key_reused');
  });

  it('treats a key with quotes and the same key without quotes as one', async () => {
    const key = newKey();
    const bare = await stage.app.inject(placing(orderRequest(), { 'idempotency-key': key }));
    const quoted = await stage.app.inject(placing(orderRequest(), { 'idempotency-key': `"${key}"` }));
    assert.equal(orderOf(quoted).orderId, orderOf(bare).orderId);
    assert.equal(quoted.headers['idempotency-replayed'], 'true');
  });

  it('again, succeeds though the catalogue has changed since', async () => {
    const sku = await stage.shop.item(10, 500);
    const key = newKey();
    const body = orderRequest({ lines: [line(sku)], expectedTotal: 500 });
    const first = await stage.app.inject(placing(body, { 'idempotency-key': key }));
    assert.equal(first.statusCode, 202, first.body);
    await stage.shop.catalogue.put(sku, { title: 'Dearer', unitPrice: 900, currency: 'USD', onHand: 10 });
    const again = await stage.app.inject(placing(body, { 'idempotency-key': key }));
    assert.equal(again.statusCode, 202, again.body);
    assert.equal(orderOf(again).orderId, orderOf(first).orderId);
    const fresh = await stage.app.inject(placing(body));
    assert.equal(problemOf(fresh).code, 'currency_mismatch', fresh.body);
  });

  it('again, when Temporal no longer has the workflow, is answered from PostgreSQL', async () => {
    const key = newKey();
    const body = orderRequest({ payment: { method: 'pm_card_visa' } });
    const first = await stage.app.inject(placing(body, { 'idempotency-key': key }));
    const { orderId } = orderOf(first);
    const handle = stage.client.workflow.getHandle(checkoutWorkflowId(orderId));
    const order = (await handle.describe()).memo?.['requestHash'];
    assert.equal(typeof order, 'string');
    await stage.shop.ledger.reserveStock([
      {
        orderId,
        clientId: 'development',
        requestHash: String(order),
        placedAt: new Date().toISOString(),
        request: body,
      },
    ]);
    await handle.terminate();
    await stage.client.workflowService.deleteWorkflowExecution({
      namespace: stage.client.options.namespace,
      workflowExecution: { workflowId: checkoutWorkflowId(orderId) },
    });
    const again = await stage.app.inject(placing(body, { 'idempotency-key': key }));
    assert.equal(again.statusCode, 202, again.body);
    assert.equal(orderOf(again).orderId, orderId);
    assert.equal(orderOf(again).status, 'reserved');
    const other = await stage.app.inject(
      placing({ ...body, lines: [line('mug-01', 5)] }, { 'idempotency-key': key }),
    );
    assert.equal(problemOf(other).code, 'idempotency_key_reused');
  });

  it('refuses an unknown item, and names its line', async () => {
    const answer = await stage.app.inject(placing(orderRequest({ lines: [line('mug-01'), line('nope')] })));
    assert.equal(answer.statusCode, 400);
    assert.equal(problemOf(answer).code, 'unknown_sku');
    assert.equal(problemOf(answer).errors?.[0]?.field, 'lines[1].sku');
  });

  it('refuses a total that is not the expected one, and shows the actual one', async () => {
    const answer = await stage.app.inject(placing(orderRequest({ expectedTotal: 1 })));
    assert.equal(answer.statusCode, 409);
    assert.deepEqual([problemOf(answer).code, problemOf(answer).total], ['total_mismatch', 1_200]);
  });
});
