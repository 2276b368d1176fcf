import assert from 'node:assert/strict';
import type { ReviewPolicy } from '../../src/contracts/temporal/checkout.ts';
import { reviewReasons } from '../../src/domain/review.ts';
import { line, orderRequest } from '../../harness/orders.ts';

const policy: ReviewPolicy = {
  above: { EUR: 50_000, JPY: 0 },
  quantityAbove: 10,
  countries: ['US', 'BR'],
  deadlineMs: 1_000,
};
const shippedTo = (country: string) => ({
  name: 'Ada',
  line1: 'Main St 1',
  city: 'X',
  postalCode: '1',
  country,
});

describe('review rules', () => {
  it('require no review of an order that matches none of them', () => {
    assert.deepEqual(reviewReasons(orderRequest(), 50_000, policy), []);
  });

  it('match a higher total, by currency', () => {
    assert.deepEqual(reviewReasons(orderRequest(), 50_001, policy), ['total_above_limit']);
    assert.deepEqual(reviewReasons(orderRequest({ currency: 'JPY' }), 1, policy), ['total_above_limit']);
    assert.deepEqual(reviewReasons(orderRequest({ currency: 'USD' }), 1_000_000, policy), []);
  });

  it('match many units of one item, on however many lines', () => {
    const many = [line('mug-01', 6), line('mug-02', 10), line('mug-01', 5)];
    assert.deepEqual(reviewReasons(orderRequest({ lines: many }), 1, policy), ['quantity_above_limit']);
    const few = [line('mug-01', 10), line('mug-02', 10)];
    assert.deepEqual(reviewReasons(orderRequest({ lines: few }), 1, policy), []);
    assert.deepEqual(
      reviewReasons(orderRequest({ lines: many }), 1, { above: {}, countries: [], deadlineMs: 1 }),
      [],
    );
  });

  it('match a listed country of the shipping address', () => {
    assert.deepEqual(reviewReasons(orderRequest({ shipping: shippedTo('BR') }), 1, policy), [
      'country_listed',
    ]);
    assert.deepEqual(reviewReasons(orderRequest({ shipping: shippedTo('DE') }), 1, policy), []);
  });

  it('return every reason', () => {
    const order = orderRequest({ lines: [line('mug-01', 11)], shipping: shippedTo('US') });
    assert.deepEqual(reviewReasons(order, 50_001, policy), [
      'total_above_limit',
      'quantity_above_limit',
      'country_listed',
    ]);
  });
});
