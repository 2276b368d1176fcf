import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { REQUEST_KINDS, type RequestKind } from '../../sandbox/stripe/faults.ts';
import { failure, payment, TestSandbox } from '../support/sandbox/sandbox.ts';

const form = { amount: '700', currency: 'eur', confirm: 'true', payment_method: 'pm_card_visa' };
const NO_FAULTS = { latencyMs: 0, failNext: 0, failNextWith: null, dropBefore: 0, dropAfter: 0, only: null };

describe('sandbox: faults', () => {
  const sandbox = new TestSandbox();
  before(() => sandbox.start());
  afterEach(() => sandbox.control('POST', '/faults/reset'));
  after(() => sandbox.remove());

  const setFaults = (faults: object): Promise<unknown> => sandbox.control('POST', '/faults', faults);
  const countIntents = async (): Promise<number> =>
    (await sandbox.stripe.paymentIntents.list({ limit: 100 })).data.length;
  const charge = (key = randomUUID()) => sandbox.post('/v1/payment_intents', form, key);

  it('are returned, keep their values if a request does not contain them, and are reset together', async () => {
    assert.deepEqual(await sandbox.control('GET', '/faults'), NO_FAULTS);
    await setFaults({ failNext: 2, failNextWith: 503, only: 'refund' });
    const both = await setFaults({ dropAfter: 3 });
    assert.deepEqual(both, { ...NO_FAULTS, failNext: 2, failNextWith: 503, dropAfter: 3, only: 'refund' });
    assert.deepEqual(await setFaults({ only: null, failNextWith: null }), {
      ...NO_FAULTS,
      failNext: 2,
      dropAfter: 3,
    });
    assert.deepEqual(await sandbox.control('POST', '/faults/reset'), NO_FAULTS);
  });

  it('with an invalid value are refused, and none of the request is applied', async () => {
    await assert.rejects(
      setFaults({ failNext: 1, failNextWith: 418 }),
      /failNextWith must be one of 500, 503, 429/,
    );
    await assert.rejects(
      setFaults({ dropBefore: 1, only: 'everything' }),
      /only must be one of charge, refund/,
    );
    assert.deepEqual(await sandbox.control('GET', '/faults'), NO_FAULTS);
  });

  it('a 500 after the endpoint began to execute is stored under its key, and has no effect', async () => {
    const before = await countIntents();
    await setFaults({ failNext: 1, failNextWith: 500 });
    const key = randomUUID();
    const first = await charge(key);
    assert.deepEqual([first.status, first.headers.get('stripe-should-retry')], [500, 'false']);
    const replay = await charge(key);
    assert.deepEqual([replay.status, replay.headers.get('idempotent-replayed')], [500, 'true']);
    assert.equal(await countIntents(), before);
    assert.equal((await charge()).status, 200);
  });

  it('a 500 of a cancel or a capture without a key is not stored', async () => {
    const held = await sandbox.stripe.paymentIntents.create(payment({ capture_method: 'manual' }));
    await setFaults({ failNext: 1, failNextWith: 500, only: 'cancel' });
    assert.equal((await failure(sandbox.stripe.paymentIntents.cancel(held.id))).statusCode, 500);
    assert.equal((await sandbox.stripe.paymentIntents.cancel(held.id)).status, 'canceled');
  });

  for (const status of [503, 429]) {
    it(`a ${status} is returned before the endpoint begins to execute, and is not stored`, async () => {
      await setFaults({ failNext: 1, failNextWith: status });
      const key = randomUUID();
      assert.equal((await charge(key)).status, status);
      const again = await charge(key);
      assert.deepEqual([again.status, again.headers.get('idempotent-replayed')], [200, null]);
    });
  }

  it('a request is not executed if its connection is dropped before, and is executed if it is dropped after', async () => {
    const before = await countIntents();
    const key = randomUUID();
    await setFaults({ dropBefore: 1, only: 'charge' });
    await assert.rejects(charge(key), TypeError);
    assert.equal(await countIntents(), before);
    await setFaults({ dropAfter: 1 });
    await assert.rejects(charge(key), TypeError);
    assert.equal(await countIntents(), before + 1);
    assert.equal((await charge(key)).headers.get('idempotent-replayed'), 'true');
    assert.equal(await countIntents(), before + 1);
  });

  for (const only of REQUEST_KINDS) {
    it(`limited to ${only} do not affect other kinds of request`, async () => {
      const { paymentIntents, refunds } = sandbox.stripe;
      const manual = payment({ capture_method: 'manual' });
      const [held, other] = [await paymentIntents.create(manual), await paymentIntents.create(manual)];
      const paid = await paymentIntents.create(payment());
      const requests: Record<RequestKind, () => Promise<unknown>> = {
        charge: () => paymentIntents.create(payment()),
        refund: () => refunds.create({ payment_intent: paid.id }),
        cancel: () => paymentIntents.cancel(other.id),
        capture: () => paymentIntents.capture(held.id),
        retrieve: () => paymentIntents.retrieve(paid.id),
        list: () => refunds.list({ payment_intent: paid.id }),
      };
      await setFaults({ failNext: 1, failNextWith: 503, only });
      for (const kind of REQUEST_KINDS) if (kind !== only) await requests[kind]();
      assert.equal((await failure(requests[only]())).statusCode, 503);
    });
  }

  it('do not affect reads unless `only` names them', async () => {
    await setFaults({ failNext: 1 });
    await sandbox.stripe.paymentIntents.list();
    assert.equal((await charge()).status, 500);
  });
});
