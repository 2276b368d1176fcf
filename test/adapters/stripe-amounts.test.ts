import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import {
  chargeRules,
  fromStripeAmount,
  toStripeAmount,
  UnchargeableAmount,
} from '../../src/adapters/stripe/amounts.ts';
import { STRIPE_CURRENCIES } from '../../src/adapters/stripe/currencies.ts';
import { createProviderRecords } from '../../src/adapters/stripe/provider-records.ts';
import type { ProviderPayment, ProviderRefund } from '../../src/contracts/ports/audit-sources.ts';
import { RefundRefused } from '../../src/contracts/ports/payment-provider.ts';
import { isCurrency } from '../../src/domain/money.ts';
import { checkCharge, isSupported } from '../../sandbox/stripe/currencies.ts';
import { StripeFailure } from '../../sandbox/stripe/failure.ts';
import { chargeRequest, paymentIntentIdOf } from '../support/charges.ts';
import { openProvider, type Provider } from '../support/provider.ts';

const CODES = [...STRIPE_CURRENCIES.keys()];
const currency = fc.constantFrom(...CODES);
/** Most are near the smallest and the largest charges, the rest anywhere. */
const amount = fc.oneof(
  fc.integer({ min: 0, max: 200_000 }),
  fc.integer({ min: 99_000_000, max: 101_000_000 }),
  fc.integer({ min: 0, max: 2_000_000_000_000 }),
);

describe('amounts at Stripe', () => {
  it('are of currencies that ISO 4217 has', () => {
    assert.deepEqual(
      CODES.filter((code) => !isCurrency(code)),
      [],
    );
    assert.ok(CODES.length > 135);
  });

  for (const [code, minorUnits, atStripe] of [
    ['EUR', 1_234, 1_234],
    ['HUF', 123_456, 123_456],
    ['TWD', 80_045, 80_045],
    ['JPY', 500, 500],
    ['ISK', 5, 500],
    ['UGX', 5, 500],
    ['MGA', 50_000, 500],
    ['KWD', 5_120, 5_120],
  ] as const) {
    it(`of ${minorUnits} minor units of ${code} are ${atStripe}`, () => {
      assert.equal(toStripeAmount(minorUnits, code), atStripe);
      assert.equal(toStripeAmount(minorUnits, code.toLowerCase()), atStripe);
      assert.equal(fromStripeAmount(atStripe, code.toLowerCase()), minorUnits);
    });
  }

  it('come back from Stripe as they went there, in every currency, and are never rounded', () => {
    fc.assert(
      fc.property(currency, amount, (code, minorUnits) => {
        if (chargeRules.refusePart(minorUnits, code)) {
          assert.throws(() => toStripeAmount(minorUnits, code), UnchargeableAmount);
          return;
        }
        const sent = toStripeAmount(minorUnits, code);
        assert.ok(Number.isSafeInteger(sent), `${sent}`);
        assert.equal(fromStripeAmount(sent, code.toLowerCase()), minorUnits);
      }),
      { numRuns: 20_000 },
    );
  });

  it('are refused by the rules exactly where the sandbox refuses the charge', () => {
    fc.assert(
      fc.property(currency, amount, (code, minorUnits) => {
        fc.pre(minorUnits > 0);
        const isAllowed = chargeRules.refuseTotal(minorUnits, code) === undefined;
        const isExact = chargeRules.refusePart(minorUnits, code) === undefined;
        assert.equal(isAllowed, isExact && isCharged(toStripeAmount(minorUnits, code), code.toLowerCase()));
      }),
      { numRuns: 20_000 },
    );
    for (const code of CODES) assert.ok(isSupported(code.toLowerCase()), code);
    for (const code of ['CLF', 'XAU', 'IQD', 'ZZZ']) {
      assert.ok(!isSupported(code.toLowerCase()), code);
      assert.equal(chargeRules.refuseTotal(1_000, code)?.code, 'currency_not_supported');
    }
  });

  it('say in a refusal what can be charged instead', () => {
    assert.match(chargeRules.refusePrice(5_124, 'KWD')?.message ?? '', /multiple of 10 \(0\.010 KWD\)/);
    assert.match(chargeRules.refusePrice(150, 'MGA')?.message ?? '', /multiple of 100 \(1\.00 MGA\)/);
    assert.match(chargeRules.refuseTotal(49, 'EUR')?.message ?? '', /at least 50 \(0\.50 EUR\)/);
    assert.match(chargeRules.refuseTotal(1_000_000, 'ISK')?.message ?? '', /at most 999999 \(999999 ISK\)/);
    assert.equal(chargeRules.refuseTotal(0, 'EUR'), undefined);
    assert.equal(chargeRules.refusePrice(49, 'EUR'), undefined);
  });

  describe('with the sandbox', function () {
    this.timeout(60_000);
    let provider: Provider;
    before(async () => {
      provider = await openProvider();
    });
    after(() => provider.close());

    const totals = { EUR: 1_200, HUF: 500_000, ISK: 1_200, UGX: 40_000, MGA: 500_000, KWD: 5_120, JPY: 900 };

    for (const [code, total] of Object.entries(totals)) {
      it(`are ISO minor units in every answer, and the customer is charged the right sum in ${code}`, async () => {
        const part = total / 4;
        const refundable = code === 'KWD' ? 1_280 : part;
        const request = chargeRequest({ amount: total, currency: code });
        const { orderId } = request;
        const outcome = await provider.payments.charge(request);
        assert.ok(outcome.status === 'succeeded' && outcome.captured === total, JSON.stringify(outcome));
        const { paymentIntentId } = outcome;
        const again = await provider.payments.charge({ ...request, triedBefore: true });
        assert.deepEqual(again, outcome);
        assert.deepEqual(await provider.payments.retrieve({ orderId, paymentIntentId }), outcome);
        assert.deepEqual(await provider.payments.void({ orderId, paymentIntentId }), outcome);
        const refund = { orderId, paymentIntentId, amount: refundable };
        assert.equal(await provider.payments.refund({ ...refund, refundId: randomUUID() }), refundable);
        assert.equal(await provider.payments.refund({ ...refund, amount: 2 * refundable }), 2 * refundable);

        const intent = await provider.stripe.paymentIntents.retrieve(paymentIntentId);
        assert.equal(intent.amount, { ISK: 120_000, UGX: 4_000_000, MGA: 5_000 }[code] ?? total);

        const records = createProviderRecords(provider.stripe);
        const found = await records.find(paymentIntentId);
        assert.ok(found);
        assert.equal(found.payment.received, total);
        assert.deepEqual(
          found.refunds.map((each) => each.amount),
          [refundable, refundable],
        );
        const [payments, refunds]: [ProviderPayment[], ProviderRefund[]] = [[], []];
        for await (const page of records.payments(new Date(0))) payments.push(...page.records);
        for await (const page of records.refunds(new Date(0))) refunds.push(...page.records);
        const listed = payments.find((each) => each.paymentIntentId === paymentIntentId);
        assert.deepEqual([listed?.received, listed?.currency], [total, code]);
        const sums = refunds.filter((each) => each.paymentIntentId === paymentIntentId);
        assert.deepEqual(
          sums.map((each) => each.amount),
          [refundable, refundable],
        );
      });
    }

    for (const code of ['ISK', 'MGA', 'KWD'] as const) {
      it(`are captured in parts in ${code}`, async () => {
        const total = totals[code];
        const request = chargeRequest({ amount: total, currency: code, capture: 'later' });
        const { orderId } = request;
        const outcome = await provider.payments.charge(request);
        assert.ok(outcome.status === 'authorized' && outcome.capturable === total, JSON.stringify(outcome));
        const { paymentIntentId } = outcome;
        const capture = { orderId, paymentIntentId, captureId: '1', amount: total / 4, final: false };
        assert.deepEqual(await provider.payments.capture(capture), {
          ...{ orderId, status: 'captured', captured: total / 4, capturable: total - total / 4 },
        });
      });
    }

    it('that Stripe cannot express are refused before they are sent', async () => {
      const odd = await provider.payments.charge(chargeRequest({ amount: 5_124, currency: 'KWD' }));
      assert.ok(odd.status === 'declined' && odd.declineCode === 'invalid_charge_amount');
      const unknown = await provider.payments.charge(chargeRequest({ amount: 5_000, currency: 'CLF' }));
      assert.ok(unknown.status === 'declined' && unknown.declineCode === 'currency_not_supported');
      assert.equal((await provider.stripe.paymentIntents.list({ limit: 100 })).data.some(isUnmade), false);

      const request = chargeRequest({ amount: 50_000, currency: 'MGA' });
      const paymentIntentId = paymentIntentIdOf(await provider.payments.charge(request));
      const reference = { orderId: request.orderId, paymentIntentId };
      await assert.rejects(
        provider.payments.refund({ ...reference, amount: 150, refundId: 'a' }),
        RefundRefused,
      );
    });

    it('below the minimum are refused by the sandbox, as by Stripe', async () => {
      const small = await provider.payments.charge(chargeRequest({ amount: 49, currency: 'EUR' }));
      assert.ok(small.status === 'declined' && small.declineCode === 'amount_too_small');
    });

    const isUnmade = ({ currency: made, amount: sum }: { currency: string; amount: number }): boolean =>
      made === 'clf' || sum === 5_124;
  });
});

/** Whether the sandbox charges this amount. */
function isCharged(atStripe: number, code: string): boolean {
  try {
    checkCharge(atStripe, code);
    return true;
  } catch (error) {
    assert.ok(error instanceof StripeFailure);
    return false;
  }
}
