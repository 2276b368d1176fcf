import assert from 'node:assert/strict';
import type { OrderRun, OrderRuns } from '../../src/contracts/http/runs.ts';
import { checkoutOrder } from '../../harness/orders.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { DEVELOPMENT_CLIENT } from '../../src/api/lib/api-keys.ts';
import { orderIdOf } from '../../src/orders/order-id.ts';
import { openWorkingStage } from '../support/api/app.ts';
import { operator } from '../support/api/operator.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { getting, newKey, problemOf } from '../support/api/requests.ts';

describe('the runs of an order', function () {
  this.timeout(180_000);
  let stage: Awaited<ReturnType<typeof openWorkingStage>>;
  let shop: OrderCalls;
  let reviewed: OrderCalls;
  before(async () => {
    stage = await openWorkingStage();
    shop = orderCalls(stage.app);
    const review = { above: { EUR: 1 }, countries: [], deadlineMs: 600_000 };
    reviewed = orderCalls(await stage.another({}, { review }));
  });
  after(() => stage.close());

  const runsOf = async (orderId: string): Promise<OrderRuns> => {
    const answer = await stage.app.inject(getting(`/v1/orders/${orderId}/runs`));
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(answer.headers['cache-control'], 'no-store');
    return answer.json<OrderRuns>();
  };
  const names = ({ nodes }: OrderRun): string[] => nodes.map(({ name, state }) => `${name}: ${state}`);

  it('are listed with their steps, and name nobody', async () => {
    const { orderId } = await shop.place({ customer: { email: 'ada@example.com', name: 'Ada Lovelace' } });
    const [checkout] = await waitUntilPasses(async () => {
      const { runs } = await runsOf(orderId);
      assert.equal(runs[0]?.state, 'completed');
      return runs;
    });
    assert.ok(checkout);
    assert.deepEqual([checkout.workflowId, checkout.type], [`order/${orderId}`, 'checkout']);
    assert.deepEqual(names(checkout).slice(0, 3), [
      'reserveStock: done',
      'chargePayment: done',
      'confirmOrder: done',
    ]);
    assert.ok(checkout.runId);
    assert.doesNotMatch(JSON.stringify(checkout), /ada|Lovelace/i);
    assert.deepEqual((await runsOf(orderId)).runs[0], checkout, 'a closed run does not change');
  });

  it('of an order with a refund have the run of the refund after that of the checkout', async () => {
    const { orderId } = await shop.place();
    assert.equal((await shop.refund(orderId, { amount: 100 })).status, 200);
    await waitUntilPasses(async () => {
      const { runs } = await runsOf(orderId);
      assert.deepEqual(
        runs.map(({ type, state }) => [type, state]),
        [
          ['checkout', 'completed'],
          ['refund', 'completed'],
        ],
      );
      assert.ok(runs[1] && names(runs[1]).includes('refundPayment: done'));
    });
  });

  it('show while an order waits for its review until when, and what is to come', async () => {
    const { orderId, status, review } = await reviewed.place();
    assert.equal(status, 'in_review');
    const wait = await waitUntilPasses(async () => {
      const [run] = (await runsOf(orderId)).runs;
      assert.equal(run?.state, 'running');
      assert.deepEqual(names(run).slice(-3), [
        'chargePayment: to_come',
        'confirmOrder: to_come',
        'notify: to_come',
      ]);
      const found = run.nodes.find(({ name }) => name === 'review');
      assert.equal(found?.state, 'waiting');
      return found;
    });
    // The workflow counts from when it has begun to wait.
    assert.ok(Math.abs(Date.parse(wait.deadline ?? '') - Date.parse(review?.deadline ?? '')) < 60_000);
  });

  it('of an order whose history is gone are what its events tell', async () => {
    const order = { ...checkoutOrder(), orderId: orderIdOf(DEVELOPMENT_CLIENT, newKey()) };
    await stage.shop.ledger.reserveStock([order]);
    const [run] = (await runsOf(order.orderId)).runs;
    assert.deepEqual(
      [run?.source, run?.runId, run && names(run)],
      ['events', undefined, ['reserveStock: done']],
    );
  });

  it('are those of your own orders only', async () => {
    const answer = await stage.app.inject(getting(`/v1/orders/ord_${'0'.repeat(32)}/runs`));
    assert.deepEqual([answer.statusCode, problemOf(answer).code], [404, 'order_not_found']);
  });

  it('can be read by an operator at the board, and so can the links', async () => {
    const me = await operator(stage.app);
    const { orderId } = await shop.place();
    assert.equal((await stage.app.inject(me.getting(`/v1/orders/${orderId}/runs`))).statusCode, 200);
    assert.deepEqual((await stage.app.inject(me.getting('/v1/links'))).json(), {
      temporal: 'http://temporal.example/{workflowId}/{runId}',
    });
  });
});
