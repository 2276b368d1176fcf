import assert from 'node:assert/strict';
import { createPaymentActivities } from '../../src/activities/payment.ts';
import { RefundRefused } from '../../src/contracts/ports/payment-provider.ts';
import { returnedRefundOf } from '../../src/orders/stripe-event.ts';
import type { PaymentReference, RefundRequest } from '../../src/contracts/temporal/checkout.ts';
import { failureOf, runActivity } from '../support/activity-runs.ts';
import { chargeRequest, paymentIntentIdOf, noPayments } from '../support/charges.ts';
import { openProvider, type Provider } from '../support/provider.ts';
import { dropResponse } from '../support/sandbox/drop-response.ts';

describe('Stripe: refunds with an id', function () {
  this.timeout(60_000);
  let provider: Provider;
  /** It deletes idempotency keys at once, so that only the search for earlier refunds prevents duplicates. */
  let forgetful: Provider;

  before(async () => {
    provider = await openProvider();
    forgetful = await openProvider({ idempotencyTtlMs: 0 });
  });
  afterEach(async () => {
    for (const each of [provider, forgetful]) await each.post('/faults/reset');
  });
  after(async () => {
    for (const each of [provider, forgetful]) await each.close();
  });

  async function paid(at = provider, paymentMethod = 'pm_card_visa'): Promise<PaymentReference> {
    const request = chargeRequest({ paymentMethod });
    return {
      orderId: request.orderId,
      paymentIntentId: paymentIntentIdOf(await at.payments.charge(request)),
    };
  }

  const refundsOf = async (
    at: Provider,
    { paymentIntentId }: PaymentReference,
  ): Promise<{ id: string; refund: string }[]> => {
    const { data } = await at.stripe.refunds.list({ payment_intent: paymentIntentId });
    return data.map(({ id, status, amount }) => ({ id, refund: `${status ?? ''} ${amount}` }));
  };
  const amountsOf = async (at: Provider, reference: PaymentReference): Promise<string[]> =>
    (await refundsOf(at, reference)).map(({ refund }) => refund).sort();

  const refundFailing = async (request: RefundRequest): Promise<Awaited<ReturnType<typeof failureOf>>> =>
    failureOf(
      runActivity(createPaymentActivities(provider.payments, noPayments), 'refundPayment', [[request]]),
    );

  it('are independent of each other when several run concurrently', async () => {
    const reference = await paid();
    const requests = [300, 400, 500].map((amount) => ({ ...reference, amount, refundId: `r${amount}` }));
    await Promise.all(requests.map((request) => provider.payments.refund(request)));
    assert.deepEqual(await amountsOf(provider, reference), [
      'succeeded 300',
      'succeeded 400',
      'succeeded 500',
    ]);
  });

  it('are not made where somebody else has refunded as much since they began, unless they are asked for nevertheless', async () => {
    const reference = await paid();
    const request = { ...reference, amount: 300, refundId: 'a' };
    const dashboard = (amount: number) =>
      provider.stripe.refunds.create({ payment_intent: reference.paymentIntentId, amount });
    // Stripe's times are in seconds.
    const unlessMadeSince = new Date(Date.now() - 1_000).toISOString();
    await dashboard(200);
    const { id, created } = await dashboard(350);
    const failure = await refundFailing({ ...request, unlessMadeSince });
    assert.deepEqual([failure.type, failure.nonRetryable], ['RefundMadeElsewhere', true]);
    assert.match(failure.message, new RegExp(`^3\\.50 EUR .*\\(${id}\\)`));
    const sameSecond = new Date(created * 1_000 + 1).toISOString();
    const begunMeanwhile = { ...request, refundId: 'b', unlessMadeSince: sameSecond };
    assert.equal(await provider.payments.refund(begunMeanwhile), 850);
    assert.equal(await provider.payments.refund(request), 1_150);
    // It is made, so that nothing has to be decided any more.
    assert.equal(await provider.payments.refund({ ...request, unlessMadeSince }), 1_150);
  });

  it('are two refunds when two ids have the same amount', async () => {
    const reference = await paid();
    await provider.payments.refund({ ...reference, amount: 300, refundId: 'a' });
    const total = await provider.payments.refund({ ...reference, amount: 300, refundId: 'b' });
    assert.equal(total, 600);
  });

  it('are made once for one id when it is requested ten times concurrently', async () => {
    const request = { ...(await paid()), amount: 300, refundId: 'a' };
    await Promise.allSettled(Array.from({ length: 10 }, () => provider.payments.refund(request)));
    assert.equal(await provider.payments.refund(request), 300);
    assert.deepEqual(await amountsOf(provider, request), ['succeeded 300']);
  });

  it('are made once for one id when its key is deleted', async () => {
    const request = { ...(await paid(forgetful)), amount: 300, refundId: 'a' };
    for (const attempt of [1, 2, 3]) {
      assert.equal(await forgetful.payments.refund(request), 300, `attempt ${attempt}`);
    }
    assert.deepEqual(await amountsOf(forgetful, request), ['succeeded 300']);
  });

  it('are found when their response was lost, and not made again', async () => {
    const request = { ...(await paid(forgetful)), amount: 300, refundId: 'a' };
    await dropResponse(forgetful, 'refund');
    await assert.rejects(forgetful.payments.refund(request));
    assert.deepEqual(await amountsOf(forgetful, request), ['succeeded 300']);
    assert.equal(await forgetful.payments.refund(request), 300);
    assert.deepEqual(await amountsOf(forgetful, request), ['succeeded 300']);
  });

  it('use another key when an error is stored under the first, and are made once', async () => {
    const request = { ...(await paid()), amount: 300, refundId: 'a' };
    await provider.post('/faults', { failNext: 1, failNextWith: 500, only: 'refund' });
    await assert.rejects(provider.payments.refund(request), { statusCode: 500 });
    for (const attempt of [2, 3]) {
      assert.equal(await provider.payments.refund(request), 300, `attempt ${attempt}`);
    }
    assert.deepEqual(await amountsOf(provider, request), ['succeeded 300']);
  });

  describe('whose amount is less after somebody else has refunded a part', () => {
    it('are made once with what is left, although their keys were used for the former amount', async () => {
      for (const refundId of ['a', undefined]) {
        const reference = await paid(provider, 'pm_sandbox_refund_fails');
        const request = { ...reference, ...(refundId !== undefined && { refundId }) };
        for (const attempt of [1, 2])
          await assert.rejects(
            provider.payments.refund({ ...request, amount: 1_200 }),
            `attempt ${attempt} of ${refundId}`,
          );
        await provider.post('/refunds/heal');
        await provider.stripe.refunds.create({ payment_intent: reference.paymentIntentId, amount: 700 });
        if (refundId !== undefined)
          await assert.rejects(provider.payments.refund({ ...request, amount: 1_200 }), RefundRefused);
        for (const attempt of [1, 2])
          assert.equal(
            await provider.payments.refund({ ...request, amount: refundId === undefined ? 1_200 : 500 }),
            1_200,
            `attempt ${attempt} of ${refundId}`,
          );
        assert.deepEqual(await amountsOf(provider, reference), ['succeeded 500', 'succeeded 700']);
      }
    });

    it('are not made beside the former amount whose answer was lost', async () => {
      const request = { ...(await paid()), refundId: 'a' };
      await dropResponse(provider, 'refund');
      await assert.rejects(provider.payments.refund({ ...request, amount: 400 }));
      assert.equal(await provider.payments.refund({ ...request, amount: 300 }), 400);
      assert.deepEqual(await amountsOf(provider, request), ['succeeded 400']);
    });

    it('are not made a second time by a request of the former amount that arrives late', async () => {
      const request = { ...(await paid()), refundId: 'a' };
      await provider.payments.refund({ ...request, amount: 300 });
      const late = provider.stripe.refunds.create(
        { payment_intent: request.paymentIntentId, amount: 400, metadata: { order_id: request.orderId } },
        { idempotencyKey: `order/${request.orderId}/refund/a/1` },
      );
      await assert.rejects(late, { type: 'StripeIdempotencyError' });
      assert.deepEqual(await amountsOf(provider, request), ['succeeded 300']);
    });
  });

  it('have an unknown outcome while refunds fail, and are made when they work again', async () => {
    const request = { ...(await paid(provider, 'pm_sandbox_refund_fails')), amount: 300, refundId: 'a' };
    for (const attempt of [1, 2, 3]) {
      const failure = await refundFailing(request);
      assert.deepEqual([failure.type, failure.nonRetryable], ['PaymentUnknown', false], `attempt ${attempt}`);
      assert.equal(failure.message, 'The payment provider gave no certain answer (StripeAPIError 500)');
    }
    await provider.post('/refunds/heal');
    assert.equal(await provider.payments.refund(request), 300);
    assert.deepEqual(await amountsOf(provider, request), ['succeeded 300']);
  });

  it('are made again after the bank has returned them, with their key and without', async () => {
    for (const at of [provider, forgetful]) {
      const request = { ...(await paid(at)), amount: 300, refundId: 'a' };
      await at.payments.refund(request);
      const [refund] = await refundsOf(at, request);
      await at.post(`/refunds/${refund?.id ?? ''}/fail`);
      for (const attempt of [1, 2]) {
        assert.equal(await at.payments.refund(request), 300, `attempt ${attempt}`);
      }
      assert.deepEqual(await amountsOf(at, request), ['failed 300', 'succeeded 300']);
    }
  });

  it('are listed as returned while they have failed, and not when they were made again', async () => {
    const request = { ...(await paid()), amount: 300, refundId: 'a' };
    const { orderId, paymentIntentId } = request;
    const returned = async () => {
      const [state] = await provider.payments.readPayments({ orderId, paymentIntentIds: [paymentIntentId] });
      return state?.returnedRefunds;
    };
    await provider.payments.refund(request);
    assert.equal(await returned(), undefined);
    const [refund] = await refundsOf(provider, request);
    await provider.post(`/refunds/${refund?.id ?? ''}/fail`);
    assert.deepEqual(await returned(), ['a']);
    await provider.payments.refund(request);
    assert.equal(await returned(), undefined);
  });

  it('emit an event when the bank returns them, with the order, the refund and the payment', async () => {
    const request = { ...(await paid()), amount: 300, refundId: 'a' };
    await provider.payments.refund(request);
    const [refund] = await refundsOf(provider, request);
    await provider.post(`/refunds/${refund?.id ?? ''}/fail`);
    const { data } = await provider.stripe.events.list({ types: ['refund.*'], limit: 3 });
    const { orderId, paymentIntentId } = request;
    const expected = { orderId, refundId: 'a', paymentIntentId, providerRefundId: refund?.id };
    assert.deepEqual(
      data.map((event) => [event.type, returnedRefundOf(event)]),
      [
        ['refund.failed', expected],
        ['refund.updated', expected],
        ['refund.created', undefined],
      ],
    );
  });

  describe('what the provider refuses', () => {
    it('is a refund of more than is left, for good', async () => {
      const reference = await paid();
      await provider.payments.refund({ ...reference, amount: 1_000, refundId: 'a' });
      const request = { ...reference, amount: 201, refundId: 'b' };
      await assert.rejects(provider.payments.refund(request), RefundRefused);
      for (const attempt of [2, 3]) {
        const failure = await refundFailing(request);
        assert.deepEqual([failure.type, failure.nonRetryable], ['RefundRefused', true], `attempt ${attempt}`);
        assert.equal(failure.message, 'The payment provider refuses the refund (amount_too_large)');
      }
      assert.deepEqual(await amountsOf(provider, reference), ['succeeded 1000']);
    });

    it('is any refund of a fully refunded payment, for good', async () => {
      const reference = await paid();
      assert.equal(await provider.payments.refund({ ...reference, amount: 1_200 }), 1_200);
      const failure = await refundFailing({ ...reference, amount: 1, refundId: 'b' });
      assert.equal(failure.message, 'The payment provider refuses the refund (charge_already_refunded)');
    });

    it('is a refund of an unknown payment, for good', async () => {
      const failure = await refundFailing({ orderId: 'ord_1', paymentIntentId: 'pi_nobody', amount: 1 });
      assert.equal(failure.type, 'RefundRefused');
    });

    it('does not include an amount that a failed refund has left', async () => {
      const reference = await paid();
      await provider.payments.refund({ ...reference, amount: 1_200, refundId: 'a' });
      const second = { ...reference, amount: 200, refundId: 'b' };
      await assert.rejects(provider.payments.refund(second), RefundRefused);
      const [first] = await refundsOf(provider, reference);
      await provider.post(`/refunds/${first?.id ?? ''}/fail`);
      assert.equal(await provider.payments.refund(second), 200);
    });
  });

  for (const [status, name] of [
    [429, 'StripeRateLimitError 429'],
    [503, 'StripeAPIError 503'],
  ] as const) {
    it(`have an unknown outcome after a ${status}`, async () => {
      const request = { ...(await paid()), amount: 300, refundId: 'a' };
      await provider.post('/faults', { failNext: 1, failNextWith: status, only: 'refund' });
      const failure = await refundFailing(request);
      assert.deepEqual([failure.type, failure.nonRetryable], ['PaymentUnknown', false]);
      assert.equal(failure.message, `The payment provider gave no certain answer (${name})`);
      assert.equal(await provider.payments.refund(request), 300);
    });
  }
});
