import assert from 'node:assert/strict';
import { FAILED_STATUSES, ORDER_STATUSES, type OrderStatus } from '../../src/contracts/order-status.ts';
import {
  canBecome,
  FIRST_STATUSES,
  isDecided,
  isEnd,
  isFailed,
  isPaid,
  nextStatuses,
} from '../../src/domain/order-status.ts';

/** Every status that can follow, however far, the first one included. */
function reachableFrom(start: OrderStatus): Set<OrderStatus> {
  const seen = new Set<OrderStatus>([start]);
  for (const status of seen) for (const next of nextStatuses(status)) seen.add(next);
  return seen;
}

const ENDS: OrderStatus[] = ['refunded', ...FAILED_STATUSES];

describe('order status', () => {
  it('every status is open, paid, failed, or refunded, and the failed ones are those of the contract', () => {
    for (const status of ORDER_STATUSES) {
      const phases = [!isDecided(status), isPaid(status), isFailed(status), status === 'refunded'];
      assert.equal(phases.filter(Boolean).length, 1, status);
    }
    assert.deepEqual(ORDER_STATUSES.filter(isFailed), [...FAILED_STATUSES]);
  });

  it('an end has nowhere to go, unless a refund fails, and there are no other ends than those of the contract', () => {
    for (const status of ORDER_STATUSES) assert.equal(isEnd(status), ENDS.includes(status), status);
    for (const end of ENDS)
      for (const status of ORDER_STATUSES)
        assert.equal(canBecome(end, status), end === 'refunded' && isPaid(status), `${end} → ${status}`);
  });

  it('every status can be reached by a new order, each failed one included', () => {
    assert.deepEqual([...reachableFrom('placed')].sort(), [...ORDER_STATUSES].sort());
  });

  it('an order is first written as placed, or as what its reservation came to', () => {
    for (const status of FIRST_STATUSES)
      assert.ok(status === 'placed' || canBecome('placed', status), status);
  });

  it('from everywhere an end can be reached: no order is stuck by design', () => {
    for (const status of ORDER_STATUSES) assert.ok([...reachableFrom(status)].some(isEnd), status);
  });

  it('no order goes back to where it was not decided once it is', () => {
    for (const status of ORDER_STATUSES.filter(isDecided))
      assert.ok([...reachableFrom(status)].every(isDecided), status);
  });

  it('nobody pays twice: what is paid or has ended never waits for money again', () => {
    for (const status of ORDER_STATUSES.filter(isDecided))
      for (const waiting of ['reserved', 'awaiting_customer', 'payment_unknown'] as const)
        assert.ok(!reachableFrom(status).has(waiting), `${status} → … → ${waiting}`);
  });

  it('an order can be cancelled whenever it is not decided', () => {
    for (const status of ORDER_STATUSES.filter((each) => !isDecided(each)))
      assert.ok(canBecome(status, 'cancelled'), status);
  });
});
