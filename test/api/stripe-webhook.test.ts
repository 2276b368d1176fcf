import assert from 'node:assert/strict';
import { WorkflowNotFoundError } from '@temporalio/client';
import Stripe from 'stripe';
import type { ProviderPaymentState } from '../../src/contracts/temporal/reconciliation.ts';
import { checkoutWorkflowId, reconciliationWorkflowId } from '../../src/contracts/temporal/names.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { orderRequest } from '../../harness/orders.ts';
import { openWorkingStage, WEBHOOK_SECRET } from '../support/api/app.ts';
import { getting, orderOf, placing, problemOf } from '../support/api/requests.ts';
import { paidOrder, reservedOrder } from '../support/paid-orders.ts';
import { delivering, eventOf, intentOf } from '../support/api/stripe-events.ts';

describe('events of Stripe', () => {
  let stage: Awaited<ReturnType<typeof openWorkingStage>>;
  before(async function () {
    this.timeout(180_000);
    stage = await openWorkingStage();
  });
  after(() => stage.close());

  const place = async (method: string): Promise<string> => {
    const answer = await stage.app.inject(
      placing(orderRequest({ payment: { method } }), { prefer: 'wait=20' }),
    );
    return answer.json<{ orderId: string }>().orderId;
  };
  const signalsOf = async (orderId: string): Promise<number> => {
    const { events } = await stage.client.workflow.getHandle(checkoutWorkflowId(orderId)).fetchHistory();
    return (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes).length;
  };
  const payload = eventOf('payment_intent.succeeded', intentOf('ord_x'));

  for (const [name, signature] of [
    ['unsigned', ''],
    [
      'signed with another secret',
      Stripe.webhooks.generateTestHeaderString({ payload, secret: 'whsec_other' }),
    ],
    [
      'signed for another body',
      Stripe.webhooks.generateTestHeaderString({ payload: '{}', secret: WEBHOOK_SECRET }),
    ],
    [
      'signed too long ago',
      Stripe.webhooks.generateTestHeaderString({
        payload,
        secret: WEBHOOK_SECRET,
        timestamp: Math.floor(Date.now() / 1_000) - 600,
      }),
    ],
    [
      'signed in the future',
      Stripe.webhooks.generateTestHeaderString({
        payload,
        secret: WEBHOOK_SECRET,
        timestamp: Math.floor(Date.now() / 1_000) + 3_600,
      }),
    ],
    ['with a broken signature', 't=1,v1=zz'],
  ] as const) {
    it(`${name} are refused`, async () => {
      const answer = await stage.app.inject(delivering(payload, signature));
      assert.deepEqual([answer.statusCode, problemOf(answer).code], [400, 'invalid_signature'], answer.body);
    });
  }

  it('without a signature header or a body are refused', async () => {
    const answer = await stage.app.inject({ method: 'POST', url: '/v1/webhooks/stripe' });
    assert.deepEqual([answer.statusCode, problemOf(answer).code], [400, 'invalid_signature'], answer.body);
  });

  it('that are signed and no event are refused as bad requests', async () => {
    const bodies = ['null', '[]', '{}', '1', '"x"', '{"type":1}', '{"type":"payment_intent.succeeded"}'];
    for (const body of [...bodies, '{"type":"payment_intent.succeeded","data":{"object":null}}', '{', '']) {
      const answer = await stage.app.inject(delivering(body));
      assert.deepEqual([answer.statusCode, problemOf(answer).code], [400, 'invalid_request'], body);
    }
  });

  it('with an id that Stripe cannot have made are refused as bad requests', async () => {
    const orderId = await place('pm_card_visa');
    const metadata = { order_id: orderId };
    const refund = { id: 're_1', status: 'failed', payment_intent: 'pi_1', metadata };
    for (const [type, object] of [
      ['payment_intent.succeeded', { id: 'pi_\0', metadata }],
      ['charge.refunded', { id: 'ch_1', payment_intent: 'pi_\0' }],
      ['charge.refunded', { id: 'ch_1', payment_intent: { id: 'pi_\ud800' }, metadata }],
      ['refund.failed', { ...refund, id: 're_\0' }],
      ['refund.failed', { ...refund, metadata: { ...metadata, refund_id: '\0' } }],
      ['refund.created', { ...refund, payment_intent: 'x'.repeat(300) }],
    ] as const) {
      const answer = await stage.app.inject(delivering(JSON.stringify({ type, data: { object } })));
      assert.deepEqual([answer.statusCode, problemOf(answer).code], [400, 'invalid_request'], answer.body);
    }
  });

  it('continue an order that waits for its customer, however often they arrive', async () => {
    const orderId = await place('pm_action');
    stage.provider.authenticate(orderId);
    const event = delivering(eventOf('payment_intent.succeeded', intentOf(orderId)));
    const answers = await Promise.all([stage.app.inject(event), stage.app.inject(event)]);
    for (const answer of answers)
      assert.deepEqual([answer.statusCode, answer.body], [200, '{"received":true}']);
    await waitUntilPasses(async () => {
      assert.equal(orderOf(await stage.app.inject(getting(`/v1/orders/${orderId}`))).status, 'paid');
    });
    assert.equal((await stage.app.inject(event)).statusCode, 200);
  });

  it('about a payment that is recorded already are ignored', async () => {
    const orderId = await place('pm_card_visa');
    const answer = await stage.app.inject(delivering(eventOf('payment_intent.succeeded', intentOf(orderId))));
    assert.equal(answer.statusCode, 200);
    assert.equal(await signalsOf(orderId), 0);
  });

  it('are only a hint: a false event of success does not pay an order', async () => {
    const orderId = await place('pm_action');
    const answer = await stage.app.inject(delivering(eventOf('payment_intent.succeeded', intentOf(orderId))));
    assert.equal(answer.statusCode, 200);
    await waitUntilPasses(async () => {
      assert.equal(await signalsOf(orderId), 1);
    });
    assert.equal(
      orderOf(await stage.app.inject(getting(`/v1/orders/${orderId}`))).status,
      'awaiting_customer',
    );
  });

  it('about the failure of an order that has failed are ignored', async () => {
    const orderId = await place('pm_declined');
    const failed = intentOf(orderId, { status: 'requires_payment_method', amount_received: 0 });
    const answer = await stage.app.inject(delivering(eventOf('payment_intent.payment_failed', failed)));
    assert.equal(answer.statusCode, 200);
  });

  it('about the reversal of the payment of an order that has failed are ignored once it is recorded', async () => {
    const { order, orderId } = await reservedOrder(stage.shop);
    const paymentIntentId = `pi_${orderId}`;
    const payment = { attempt: 1, status: 'refunded', paymentIntentId, captured: 1_000 } as const;
    await stage.shop.ledger.releaseStock([
      {
        ...{ orderId, order, status: 'expired', reason: 'payment_deadline' },
        payment: { ...payment, refunded: 1_000 },
      },
    ]);
    const tell = async (type: string, amount: number): Promise<void> => {
      const object = {
        ...{ id: 're_1', object: 'refund', status: 'succeeded', amount, currency: 'eur' },
        ...{ payment_intent: paymentIntentId, metadata: { order_id: orderId } },
      };
      const body = JSON.stringify({ id: 'evt_1', object: 'event', type, data: { object } });
      assert.equal((await stage.app.inject(delivering(body))).statusCode, 200);
    };
    const reconciliation = stage.client.workflow.getHandle(reconciliationWorkflowId(orderId));
    await tell('refund.created', 1_000);
    await tell('refund.updated', 1_000);
    await assert.rejects(reconciliation.describe(), WorkflowNotFoundError);
    await tell('refund.updated', 1_001);
    await reconciliation.describe();
  });

  it('about the failure of a refund in the dashboard that is not recorded are dealt with: it may be about to be', async () => {
    const { orderId, paymentIntentId } = await paidOrder(stage.shop);
    const object = {
      ...{ id: `re_${orderId}`, object: 'refund', status: 'failed', amount: 400, currency: 'eur' },
      ...{ payment_intent: paymentIntentId, metadata: {} },
    };
    const body = JSON.stringify({ id: 'evt_1', object: 'event', type: 'refund.failed', data: { object } });
    assert.equal((await stage.app.inject(delivering(body))).statusCode, 200);
    await stage.client.workflow.getHandle(reconciliationWorkflowId(orderId)).describe();
  });

  it('about the failure of a refund in the dashboard are dealt with while the refund counts', async () => {
    const { orderId, paymentIntentId } = await paidOrder(stage.shop);
    const reconcile = (said: Pick<ProviderPaymentState, 'refunds' | 'failedRefunds'>) =>
      stage.shop.ledger.reconcilePayment([
        { orderId, paymentIntentId, status: 'succeeded', captured: 1_000, capturable: 0, ...said },
      ]);
    const providerRefundId = `re_${orderId}`;
    await reconcile({ refunds: [{ providerRefundId, amount: 400 }] });
    const reconciliation = stage.client.workflow.getHandle(reconciliationWorkflowId(orderId));
    const tell = async (type: string, status: string): Promise<void> => {
      const object = {
        ...{ id: providerRefundId, object: 'refund', status, amount: 400, currency: 'eur' },
        ...{ payment_intent: paymentIntentId, metadata: {} },
      };
      const body = JSON.stringify({ id: 'evt_1', object: 'event', type, data: { object } });
      assert.equal((await stage.app.inject(delivering(body))).statusCode, 200);
    };
    await tell('refund.updated', 'succeeded');
    await tell('refund.failed', 'succeeded');
    await assert.rejects(reconciliation.describe(), WorkflowNotFoundError);
    await tell('refund.failed', 'failed');
    const { runId } = await reconciliation.describe();
    await reconciliation.result().catch(() => undefined);
    await reconcile({ refunds: [], failedRefunds: [providerRefundId] });
    await tell('refund.updated', 'failed');
    assert.equal((await reconciliation.describe()).runId, runId);
  });

  it('of other systems are accepted and ignored', async () => {
    const foreign = ['somebody', 'ord_1', '\0'];
    for (const orderId of foreign) {
      const event = eventOf('payment_intent.succeeded', intentOf(orderId, { id: 'pi_1' }));
      assert.equal((await stage.app.inject(delivering(event))).statusCode, 200);
    }
    const noOrder = eventOf('payment_intent.succeeded', intentOf('x', { metadata: {} }));
    assert.equal((await stage.app.inject(delivering(noOrder))).statusCode, 200);
    assert.equal(
      (await stage.app.inject(delivering(eventOf('customer.created', intentOf('x'))))).statusCode,
      200,
    );
  });
});
