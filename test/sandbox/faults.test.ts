import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { requestKinds, type RequestKind } from '../../sandbox/faults.ts';
import { failure, payment, TestSandbox } from '../support/sandbox/sandbox.ts';

const form = { amount: '700', currency: 'eur', confirm: 'true', payment_method: 'pm_card_visa' };
const quiet = { latencyMs: 0, failNext: 0, failNextWith: null, dropBefore: 0, dropAfter: 0, only: null };

describe('sandbox: faults', () => {
  const sandbox = new TestSandbox();
  before(() => sandbox.start());
  afterEach(() => sandbox.control('POST', '/faults/reset'));
  after(() => sandbox.remove());

  const ordered = (faults: object): Promise<unknown> => sandbox.control('POST', '/faults', faults);
  const intents = async (): Promise<number> =>
    (await sandbox.stripe.paymentIntents.list({ limit: 100 })).data.length;
  const charging = (key = randomUUID()) => sandbox.post('/v1/payment_intents', form, key);

  it('are shown, stay as they are where nothing is said, and are taken back together', async () => {
    assert.deepEqual(await sandbox.control('GET', '/faults'), quiet);
    await ordered({ failNext: 2, failNextWith: 503, only: 'refund' });
    const both = await ordered({ dropAfter: 3 });
    assert.deepEqual(both, { ...quiet, failNext: 2, failNextWith: 503, dropAfter: 3, only: 'refund' });
    assert.deepEqual(await ordered({ only: null, failNextWith: null }), {
      ...quiet,
      failNext: 2,
      dropAfter: 3,
    });
    assert.deepEqual(await sandbox.control('POST', '/faults/reset'), quiet);
  });

  it('that are not known are refused, and none of them takes effect', async () => {
    await assert.rejects(
      ordered({ failNext: 1, failNextWith: 418 }),
      /failNextWith takes one of 500, 503, 429/,
    );
    await assert.rejects(ordered({ dropBefore: 1, only: 'everything' }), /only takes one of charge, refund/);
    assert.deepEqual(await sandbox.control('GET', '/faults'), quiet);
  });

  it('a 500 of an endpoint that had begun is stored under its key, without effect', async () => {
    const before = await intents();
    await ordered({ failNext: 1, failNextWith: 500 });
    const key = randomUUID();
    const first = await charging(key);
    assert.deepEqual([first.status, first.headers.get('stripe-should-retry')], [500, 'false']);
    const replay = await charging(key);
    assert.deepEqual([replay.status, replay.headers.get('idempotent-replayed')], [500, 'true']);
    assert.equal(await intents(), before);
    assert.equal((await charging()).status, 200);
  });

  it('a 500 of a cancel or a capture without a key is not stored', async () => {
    const held = await sandbox.stripe.paymentIntents.create(payment({ capture_method: 'manual' }));
    await ordered({ failNext: 1, failNextWith: 500, only: 'cancel' });
    assert.equal((await failure(sandbox.stripe.paymentIntents.cancel(held.id))).statusCode, 500);
    assert.equal((await sandbox.stripe.paymentIntents.cancel(held.id)).status, 'canceled');
  });

  for (const status of [503, 429]) {
    it(`a ${status} comes before anything has begun, and is not stored`, async () => {
      await ordered({ failNext: 1, failNextWith: status });
      const key = randomUUID();
      assert.equal((await charging(key)).status, status);
      const again = await charging(key);
      assert.deepEqual([again.status, again.headers.get('idempotent-replayed')], [200, null]);
    });
  }

  it('a connection that breaks before leaves nothing done, and one that breaks after everything', async () => {
    const before = await intents();
    const key = randomUUID();
    await ordered({ dropBefore: 1, only: 'charge' });
    await assert.rejects(charging(key), TypeError);
    assert.equal(await intents(), before);
    await ordered({ dropAfter: 1 });
    await assert.rejects(charging(key), TypeError);
    assert.equal(await intents(), before + 1);
    assert.equal((await charging(key)).headers.get('idempotent-replayed'), 'true');
    assert.equal(await intents(), before + 1);
  });

  for (const only of requestKinds) {
    it(`narrowed to ${only} spare every other kind of request`, async () => {
      const { paymentIntents, refunds } = sandbox.stripe;
      const manual = payment({ capture_method: 'manual' });
      const [held, other] = [await paymentIntents.create(manual), await paymentIntents.create(manual)];
      const paid = await paymentIntents.create(payment());
      const asks: Record<RequestKind, () => Promise<unknown>> = {
        charge: () => paymentIntents.create(payment()),
        refund: () => refunds.create({ payment_intent: paid.id }),
        cancel: () => paymentIntents.cancel(other.id),
        capture: () => paymentIntents.capture(held.id),
        retrieve: () => paymentIntents.retrieve(paid.id),
        list: () => refunds.list({ payment_intent: paid.id }),
      };
      await ordered({ failNext: 1, failNextWith: 503, only });
      for (const kind of requestKinds) if (kind !== only) await asks[kind]();
      assert.equal((await failure(asks[only]())).statusCode, 503);
    });
  }

  it('spare the reads unless told otherwise', async () => {
    await ordered({ failNext: 1 });
    await sandbox.stripe.paymentIntents.list();
    assert.equal((await charging()).status, 500);
  });
});
