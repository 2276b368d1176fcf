import assert from 'node:assert/strict';
import { chooseRate } from '../../src/adapters/easypost/rates.ts';
import type { Rate } from '../../src/contracts/ports/carrier.ts';

const rate = (rateId: string, amount: number, currency = 'EUR', deliveryDays = 2): Rate => ({
  rateId,
  carrier: 'DHL',
  service: rateId,
  amount,
  currency,
  deliveryDays,
});

describe('the rate of a shipment', () => {
  it('is the cheapest in the currency that most rates have: other numbers cannot be compared', () => {
    const rates = [rate('won', 500, 'KRW'), rate('dear', 900), rate('cheap', 600), rate('pound', 1, 'GBP')];
    assert.equal(chooseRate(rates, 'cheapest').rateId, 'cheap');
    assert.equal(chooseRate([...rates].reverse(), 'cheapest').rateId, 'cheap');
  });

  it('is in the first currency where none is more frequent, and of two equal prices the faster', () => {
    assert.equal(chooseRate([rate('euro', 900), rate('dollar', 1, 'USD')], 'cheapest').rateId, 'euro');
    assert.equal(
      chooseRate([rate('slow', 5, 'EUR', 4), rate('fast', 5, 'EUR', 1)], 'cheapest').rateId,
      'fast',
    );
  });

  it('is the fastest whatever its currency, and of two the cheaper in the most frequent one', () => {
    assert.equal(chooseRate([rate('slow', 1), rate('fast', 9, 'USD', 1)], 'fastest').rateId, 'fast');
    const equal = [rate('dollar', 1, 'USD'), rate('dear', 900), rate('cheap', 600)];
    assert.equal(chooseRate(equal, 'fastest').rateId, 'cheap');
  });

  it('is that of one service where the shop names it', () => {
    const rates = [rate('cheap', 1), { ...rate('Priority', 9, 'USD'), carrier: 'USPS' }];
    assert.equal(chooseRate(rates, 'usps/priority').rateId, 'Priority');
  });
});
