import assert from 'node:assert/strict';
import {
  areLinesCancellable,
  isAddressOpen,
  isCancellable,
  parseExchange,
  refundable,
  returnable,
  unrefunded,
  unsent,
} from '../../board/lib/order-rules.ts';
import { drawnAs, isMoving, linkTo, nodeName, runName } from '../../board/lib/runs.ts';
import type { DisputeView } from '../../src/contracts/http/disputes.ts';
import type { OrderLine, OrderView } from '../../src/contracts/http/order.ts';
import type { OrderRun, RunNode } from '../../src/contracts/http/runs.ts';

const node = (change: Partial<RunNode>): RunNode => ({
  kind: 'step',
  name: 'buyLabel',
  state: 'done',
  ...change,
});
const run = (change: Partial<OrderRun>): OrderRun => ({
  workflowId: 'order/ord_1',
  type: 'checkout',
  state: 'running',
  startedAt: '2026-11-28T10:00:00Z',
  source: 'temporal',
  nodes: [],
  ...change,
});

describe('the runs of an order on the board', () => {
  it('draw each failed try before the last, and more than three as one with their number', () => {
    assert.deepEqual(drawnAs(node({ failedAttempts: 2 })), { tries: 2, isFolded: false, look: 'done' });
    assert.deepEqual(drawnAs(node({ failedAttempts: 7 })), { tries: 7, isFolded: true, look: 'done' });
    const failed = drawnAs(node({ state: 'failed', failedAttempts: 3 }));
    assert.deepEqual([failed.tries, failed.look], [2, 'failed'], 'the last of them is the end itself');
  });

  it('draw a wait, an undo and a parked step apart', () => {
    const looks = [
      node({ kind: 'wait' }),
      node({ undo: true }),
      node({ undo: true, state: 'parked' }),
      node({ state: 'waiting', nextTryAt: '2026-11-28T10:00:00Z' }),
      node({ kind: 'wait', state: 'waiting' }),
      node({ state: 'to_come' }),
    ].map((each) => drawnAs(each).look);
    assert.deepEqual(looks, ['wait', 'undo', 'parked', 'wait', 'wait', 'to_come']);
  });

  it('are named by the type of their workflow, and their number', () => {
    assert.equal(runName({ type: 'refund', workflowId: 'order/ord_1/refunds/2' }), 'refund 2');
    assert.equal(runName({ type: 'checkout', workflowId: 'order/ord_1' }), 'checkout');
    assert.equal(nodeName(node({ name: 'notify', detail: 'created, paid' })), 'notify created, paid');
    const tracked = node({ name: 'trackShipment', detail: '1 failure 2026-11-28T10:00:00.000Z' });
    assert.equal(nodeName(tracked), 'trackShipment 1');
  });

  it('are read again soon while a step is tried, not while the customer is waited for', () => {
    assert.equal(isMoving([run({ nodes: [node({ state: 'running' })] })]), true);
    assert.equal(isMoving([run({ nodes: [node({ kind: 'wait', state: 'waiting' })] })]), false);
    assert.equal(isMoving([run({ state: 'completed', nodes: [node({ state: 'running' })] })]), false);
  });

  it('lead into Temporal where all of the address is known, with every value encoded', () => {
    const template = 'https://temporal.example/{workflowId}/{runId}';
    assert.equal(
      linkTo(template, { workflowId: 'order/ord_1', runId: 'r' }),
      'https://temporal.example/order%2Ford_1/r',
    );
    assert.equal(linkTo(template, { workflowId: 'order/ord_1', runId: undefined }), undefined);
    assert.equal(linkTo(undefined, {}), undefined);
    assert.equal(linkTo('javascript:{runId}', { runId: 'r' }), undefined);
  });
});

const line = (change: Partial<OrderLine>): OrderLine => ({
  line: 1,
  sku: 'mug-01',
  title: 'Mug',
  quantity: 4,
  unitPrice: 100,
  gross: 400,
  discount: 0,
  tax: 0,
  net: 400,
  total: 400,
  cancelled: 0,
  shipped: 0,
  delivered: 0,
  returned: 0,
  refunded: 0,
  refundedAmount: 0,
  ...change,
});
const order = (change: Partial<OrderView>): OrderView => ({
  orderId: 'ord_1',
  status: 'paid',
  currency: 'EUR',
  total: 400,
  lines: [line({})],
  payment: { status: 'succeeded', method: 'pm_1', captured: 400, refunded: 0, disputed: 0, capturable: 0 },
  reservations: [],
  shipments: [],
  returns: [],
  refunds: [],
  disputes: [],
  partiallyShipped: false,
  partiallyReturned: false,
  partiallyRefunded: false,
  attention: null,
  createdAt: '2026-11-24T08:43:00Z',
  updatedAt: '2026-11-24T08:43:00Z',
  ...change,
});

const dispute = (change: Partial<DisputeView>): DisputeView => ({
  disputeId: 'du_1',
  orderId: 'ord_1',
  paymentIntentId: 'pi_1',
  amount: 400,
  currency: 'EUR',
  reason: 'fraudulent',
  status: 'needs_response',
  fundsWithdrawn: true,
  openedAt: '2026-11-24T08:43:00Z',
  updatedAt: '2026-11-24T08:43:00Z',
  ...change,
});

describe('what of an order can still be done', () => {
  it('counts the pieces that are not sent, not refunded, and not expected back already', () => {
    const some = line({ cancelled: 1, shipped: 2, delivered: 2, refunded: 1 });
    assert.deepEqual([unsent(some), unrefunded(some)], [1, 3]);
    assert.equal(returnable(some, order({})), 2);
    const asked = {
      returnId: 'ret_1',
      orderId: 'ord_1',
      number: 1,
      status: 'requested' as const,
      lines: [{ line: 1, sku: 'mug-01', quantity: 1, received: 0, missing: 0 }],
      receipts: [],
      createdAt: '2026-11-24T08:43:00Z',
      updatedAt: '2026-11-24T08:43:00Z',
    };
    assert.equal(returnable(some, order({ returns: [asked] })), 1);
    assert.equal(returnable(some, order({ returns: [{ ...asked, status: 'declined' }] })), 2);
  });

  it('can refund what is left, less what is on its way back, and nothing while a dispute refuses it', () => {
    const refund = {
      refundId: 'ref_1',
      number: 1,
      kind: 'requested' as const,
      amount: 150,
      status: 'pending' as const,
      lines: [],
      createdAt: '2026-11-24T08:43:00Z',
      updatedAt: '2026-11-24T08:43:00Z',
    };
    assert.equal(refundable(order({ refunds: [refund] })), 250);
    assert.equal(refundable(order({ refunds: [{ ...refund, status: 'skipped' }] })), 400);
    assert.equal(refundable(order({ disputes: [dispute({ amount: 100 })] })), 0);
    assert.equal(refundable(order({ disputes: [dispute({ status: 'won', outcome: 'won' })] })), 400);
    assert.equal(refundable(order({ disputes: [dispute({ status: 'warning_needs_response' })] })), 400);
  });

  it('can be cancelled by line once it is paid, and not while a dispute is undecided', () => {
    assert.equal(areLinesCancellable(order({ status: 'in_review' })), false);
    assert.equal(areLinesCancellable(order({})), true);
    assert.equal(isCancellable(order({ disputes: [dispute({})] })), false);
    assert.equal(isCancellable(order({ disputes: [dispute({ status: 'lost', outcome: 'lost' })] })), true);
    assert.equal(isCancellable(order({ disputes: [dispute({ status: 'warning_under_review' })] })), true);
  });

  it('has another address only where goods are still to be sent', () => {
    const shipping = { name: 'Ada', line1: '•••', city: '•••', country: 'DE' };
    assert.equal(isAddressOpen(order({ shipping })), true);
    assert.equal(isAddressOpen(order({})), false, 'nothing is shipped without an address');
    assert.equal(isAddressOpen(order({ shipping, status: 'cancelled' })), false);
    assert.equal(isAddressOpen(order({ shipping, lines: [line({ shipped: 4 })] })), false);
  });

  it('reads an exchange as a person writes it', () => {
    assert.deepEqual(parseExchange('mug-01 × 2, print-01'), [
      { sku: 'mug-01', quantity: 2 },
      { sku: 'print-01', quantity: 1 },
    ]);
    assert.deepEqual(parseExchange('mug-01 2\nprint-01 x3'), [
      { sku: 'mug-01', quantity: 2 },
      { sku: 'print-01', quantity: 3 },
    ]);
    assert.deepEqual(parseExchange(' '), []);
    assert.equal(parseExchange('a mug and a print'), undefined);
    assert.equal(parseExchange('mug-01 × 0'), undefined);
  });
});
