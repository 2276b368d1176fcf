import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createStripeClient } from '../../src/adapters/stripe/client.ts';
import { createPaymentProvider } from '../../src/adapters/stripe/payment-provider.ts';
import type {
  CaptureOutcome,
  CaptureRequest,
  PaymentReference,
} from '../../src/contracts/temporal/checkout.ts';
import { chargeRequest, paymentIntentIdOf } from '../support/charges.ts';
import { openProvider, type Provider } from '../support/provider.ts';
import { dropResponse } from '../support/sandbox/drop-response.ts';

describe('Stripe: authorise now, capture later', function () {
  this.timeout(60_000);
  let provider: Provider;
  /** It deletes idempotency keys at once, so that only the search for earlier attempts prevents duplicates. */
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

  async function authorised(at = provider, paymentMethod = 'pm_card_visa'): Promise<PaymentReference> {
    const request = chargeRequest({ capture: 'later', paymentMethod });
    return {
      orderId: request.orderId,
      paymentIntentId: paymentIntentIdOf(await at.payments.charge(request)),
    };
  }

  const captureOf = (
    reference: PaymentReference,
    amount: number,
    changes: Partial<CaptureRequest> = {},
  ): CaptureRequest => ({ ...reference, captureId: '1', amount, final: false, ...changes });

  const captured = ({ orderId }: PaymentReference, taken: number, left: number): CaptureOutcome => ({
    orderId,
    status: 'captured',
    captured: taken,
    capturable: left,
  });

  const amountsOf = async (at: Provider, { paymentIntentId }: PaymentReference): Promise<unknown[]> => {
    const intent = await at.stripe.paymentIntents.retrieve(paymentIntentId);
    return [intent.status, intent.amount_received, intent.amount_capturable];
  };

  describe('charge', () => {
    it('authorises without capturing, and returns when the authorisation expires', async () => {
      const request = chargeRequest({ capture: 'later' });
      const outcome = await provider.payments.charge(request);
      assert(outcome.status === 'authorized');
      assert.deepEqual([outcome.captured, outcome.capturable], [0, 1_200]);
      const days = (Date.parse(outcome.captureBefore ?? '') - Date.now()) / 86_400_000;
      assert(days > 6.9 && days < 7.1, outcome.captureBefore);
      const reference = { orderId: request.orderId, paymentIntentId: outcome.paymentIntentId };
      assert.deepEqual(await provider.payments.retrieve(reference), outcome);
    });

    it('authorises after the customer has authenticated', async () => {
      const reference = await authorised(provider, 'pm_card_authenticationRequired');
      const path = `/payment_intents/${reference.paymentIntentId}/authenticate`;
      await provider.post(path, { outcome: 'succeeded' });
      const outcome = await provider.payments.retrieve(reference);
      assert(outcome.status === 'authorized');
      assert.ok(outcome.captureBefore);
    });

    it('authorises once when the response is lost and the key deleted', async () => {
      const request = chargeRequest({ capture: 'later' });
      await dropResponse(forgetful, 'charge');
      await assert.rejects(forgetful.payments.charge(request));
      assert.equal((await forgetful.intentsOf(request.orderId)).length, 1);
      const outcome = await forgetful.payments.charge({ ...request, triedBefore: true });
      assert.equal(outcome.status, 'authorized');
      assert.equal((await forgetful.intentsOf(request.orderId)).length, 1);
    });

    it('finds the authorisation of an earlier attempt, and makes no second one', async () => {
      const first = chargeRequest({ capture: 'later' });
      const outcome = await provider.payments.charge(first);
      const second = await provider.payments.charge({ ...first, attempt: 2, triedBefore: true });
      assert.deepEqual(second, outcome);
    });

    it('authorises again after an authorisation that was captured in part and has ended', async () => {
      const first = chargeRequest({ capture: 'later' });
      const reference = {
        orderId: first.orderId,
        paymentIntentId: paymentIntentIdOf(await provider.payments.charge(first)),
      };
      await provider.payments.capture(captureOf(reference, 500));
      await provider.post(`/payment_intents/${reference.paymentIntentId}/expire`);
      const second = { ...first, attempt: 2, amount: 700, triedBefore: true };
      const outcome = await provider.payments.charge(second);
      assert(outcome.status === 'authorized');
      assert.equal(outcome.capturable, 700);
    });

    it('authorises for a single capture if the account has no multicapture', async () => {
      const plain = await openProvider({ multicapture: false });
      try {
        const reference = await authorised(plain);
        assert.equal((await plain.intentsOf(reference.orderId)).length, 1);
        const last = captureOf(reference, 500, { final: true });
        assert.deepEqual(await plain.payments.capture(last), captured(reference, 500, 0));
      } finally {
        await plain.close();
      }
    });

    it('sends no parameters of an authorisation if the shop captures at once', async () => {
      const bodies: string[] = [];
      const server = createServer((request, response) => {
        request.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
        request.on('end', () => response.writeHead(402).end('{"error":{"type":"card_error"}}'));
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      try {
        const address = server.address();
        assert(typeof address === 'object' && address !== null);
        const apiBase = `http://127.0.0.1:${address.port}`;
        const client = createStripeClient({ apiKey: 'sk_test_shop', apiBase, timeoutMs: 5_000 });
        await createPaymentProvider(client).charge(chargeRequest({ orderId: 'ord_1' }));
        assert.deepEqual(bodies.map(decodeURIComponent), [
          'amount=1200&currency=eur&payment_method=pm_card_visa&allowed_payment_method_types[0]=card' +
            '&confirm=true&metadata[order_id]=ord_1&metadata[attempt]=1',
        ]);
      } finally {
        server.close();
        server.closeAllConnections();
      }
    });
  });

  describe('capture', () => {
    it('captures parts, and a final capture releases the rest', async () => {
      const reference = await authorised();
      const { payments } = provider;
      assert.deepEqual(await payments.capture(captureOf(reference, 500)), captured(reference, 500, 700));
      const last = captureOf(reference, 300, { captureId: '2', final: true });
      assert.deepEqual(await payments.capture(last), captured(reference, 800, 0));
      assert.deepEqual(await amountsOf(provider, reference), ['succeeded', 800, 0]);
    });

    for (const captureId of ['1', `ord_${'0123456789abcdef'.repeat(2)}/capture/12`]) {
      it(`captures once for one id (${captureId.length} characters), when its key is deleted`, async () => {
        const reference = await authorised(forgetful);
        const request = captureOf(reference, 400, { captureId });
        for (const attempt of [1, 2, 3]) {
          const outcome = await forgetful.payments.capture(request);
          assert.deepEqual(outcome, captured(reference, 400, 800), `attempt ${attempt}`);
        }
        const other = captureOf(reference, 100, { captureId: `${captureId}3` });
        assert.deepEqual(await forgetful.payments.capture(other), captured(reference, 500, 700));
      });
    }

    it('captures once when it is requested ten times concurrently', async () => {
      const reference = await authorised();
      const captures = Array.from({ length: 10 }, () => provider.payments.capture(captureOf(reference, 400)));
      const outcomes = await Promise.allSettled(captures);
      assert(outcomes.some(({ status }) => status === 'fulfilled'));
      assert.deepEqual(await amountsOf(provider, reference), ['requires_capture', 400, 800]);
    });

    it('finds a capture whose response was lost, and makes no second one', async () => {
      const reference = await authorised(forgetful);
      const request = captureOf(reference, 400);
      await dropResponse(forgetful, 'capture');
      await assert.rejects(forgetful.payments.capture(request));
      assert.deepEqual(await amountsOf(forgetful, reference), ['requires_capture', 400, 800]);
      assert.deepEqual(await forgetful.payments.capture(request), captured(reference, 400, 800));
    });

    it('uses another key when an error is stored under the first, and captures once', async () => {
      const reference = await authorised();
      const request = captureOf(reference, 400);
      await provider.post('/faults', { failNext: 1, failNextWith: 500, only: 'capture' });
      await assert.rejects(provider.payments.capture(request), { statusCode: 500 });
      for (const attempt of [2, 3]) {
        const outcome = await provider.payments.capture(request);
        assert.deepEqual(outcome, captured(reference, 400, 800), `attempt ${attempt}`);
      }
    });

    it('returns expired when the authorisation has ended', async () => {
      const reference = await authorised();
      await provider.post(`/payment_intents/${reference.paymentIntentId}/expire`);
      const outcome = await provider.payments.capture(captureOf(reference, 400));
      assert.deepEqual(outcome, { orderId: reference.orderId, status: 'expired' });
      assert.deepEqual(await amountsOf(provider, reference), ['canceled', 0, 0]);
    });

    it('returns ended, and captures nothing, when somebody else has captured or released the payment', async () => {
      const [whole, part, released] = [await authorised(), await authorised(), await authorised()];
      await provider.stripe.paymentIntents.capture(whole.paymentIntentId);
      await provider.stripe.paymentIntents.capture(part.paymentIntentId, { amount_to_capture: 300 });
      await provider.stripe.paymentIntents.cancel(released.paymentIntentId);
      for (const [reference, taken] of [
        [whole, 1_200],
        [part, 300],
        [released, 0],
      ] as const) {
        const outcome = await provider.payments.capture(captureOf(reference, 400));
        assert.deepEqual(outcome, { orderId: reference.orderId, status: 'ended', captured: taken });
        assert.deepEqual((await amountsOf(provider, reference)).slice(1), [taken, 0]);
      }
    });

    it('returns ended for the rest of an authorisation that is over, and captured for what was captured before', async () => {
      const reference = await authorised();
      await provider.payments.capture(captureOf(reference, 500));
      await provider.post(`/payment_intents/${reference.paymentIntentId}/expire`);
      const rest = await provider.payments.capture(captureOf(reference, 700, { captureId: '2' }));
      assert.deepEqual(rest, { orderId: reference.orderId, status: 'ended', captured: 500 });
      const before = await provider.payments.capture(captureOf(reference, 500));
      assert.deepEqual(before, captured(reference, 500, 0));
    });

    it('returns what the provider refuses, and captures nothing', async () => {
      const reference = await authorised();
      for (const attempt of [1, 2]) {
        const outcome = await provider.payments.capture(captureOf(reference, 1_201));
        const { orderId } = reference;
        assert.deepEqual(outcome, { orderId, status: 'refused', code: 'amount_too_large' }, `try ${attempt}`);
      }
      assert.deepEqual(await amountsOf(provider, reference), ['requires_capture', 0, 1_200]);
    });

    it('captures less after it was refused, and is known by its id', async () => {
      const reference = await authorised();
      await provider.stripe.paymentIntents.capture(reference.paymentIntentId, {
        amount_to_capture: 500,
        final_capture: false,
      });
      assert.equal((await provider.payments.capture(captureOf(reference, 1_000))).status, 'refused');
      const known = { orderId: reference.orderId, paymentIntentIds: [reference.paymentIntentId] };
      const captureIds = ['1', `${reference.orderId}/capture/2`];
      const made = async () =>
        (await provider.payments.readPayments({ ...known, captureIds })).map(({ captures }) => captures);
      assert.deepEqual(await made(), [{ '1': false, [`${reference.orderId}/capture/2`]: false }]);
      for (const attempt of [1, 2])
        assert.deepEqual(
          await provider.payments.capture(captureOf(reference, 700)),
          captured(reference, 1_200, 0),
          `attempt ${attempt}`,
        );
      assert.deepEqual(await made(), [{ '1': true, [`${reference.orderId}/capture/2`]: false }]);
      assert.deepEqual((await provider.payments.readPayments(known))[0]?.captures, undefined);
    });

    it('refuses a partial capture of a card without multicapture, and makes its final capture', async () => {
      const reference = await authorised(provider, 'pm_card_credit_disableEnterpriseCardFeatures');
      assert.equal((await provider.payments.capture(captureOf(reference, 500))).status, 'refused');
      const last = captureOf(reference, 500, { captureId: '2', final: true });
      assert.deepEqual(await provider.payments.capture(last), captured(reference, 500, 0));
    });
  });

  describe('void', () => {
    it('releases an authorisation, which can no longer be captured', async () => {
      const reference = await authorised();
      for (const attempt of [1, 2]) {
        const outcome = await provider.payments.void(reference);
        assert.deepEqual(outcome, { ...reference, status: 'cancelled' }, `attempt ${attempt}`);
      }
      assert.equal((await provider.payments.capture(captureOf(reference, 1))).status, 'ended');
    });

    it('releases the rest of an authorisation that was captured in part, and returns what was captured', async () => {
      const reference = await authorised();
      await provider.payments.capture(captureOf(reference, 500));
      for (const attempt of [1, 2]) {
        const outcome = await provider.payments.void(reference);
        assert.deepEqual(outcome, { ...reference, status: 'succeeded', captured: 500 }, `attempt ${attempt}`);
      }
      assert.deepEqual(await amountsOf(provider, reference), ['succeeded', 500, 0]);
      const refund = { ...reference, amount: 500 };
      assert.equal(await provider.payments.refund(refund), 500);
    });

    it('loses no money when it runs concurrently with a capture', async () => {
      for (let round = 0; round < 10; round += 1) {
        const reference = await authorised();
        const capture = captureOf(reference, 500);
        const [voided] = await Promise.all([
          provider.payments.void(reference),
          provider.payments.capture(capture),
        ]);
        const [status, received, capturable] = await amountsOf(provider, reference);
        assert.equal(capturable, 0);
        const taken = voided.status === 'succeeded' ? voided.captured : 0;
        assert.deepEqual([status, received], [taken > 0 ? 'succeeded' : 'canceled', taken]);
      }
    });
  });
});
