import assert from 'node:assert/strict';
import {
  byCause,
  reasonCode,
  stepKind,
  stepName,
  trackedShipment,
  waitsForYou,
} from '../../board/lib/attention.ts';
import { eventDetails, eventName } from '../../board/lib/events.ts';
import { ledgerOf } from '../../board/lib/ledger.ts';
import { refundable } from '../../board/lib/order-rules.ts';
import { problemTitle } from '../../board/lib/problem-title.ts';
import { sparkline, thinned, type Sample } from '../../board/lib/history.ts';
import { disputeColour, paymentLook, stockState } from '../../board/lib/status.ts';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { onLogScale, ratesOf, withSample } from '../../src/domain/situation/rates.ts';
import type { StockItem } from '../../src/contracts/http/stock.ts';

const NOW = Date.parse('2026-11-28T14:00:00Z');
const order = (change: Partial<OrderView>): OrderView => ({
  orderId: 'ord_1',
  status: 'paid',
  currency: 'EUR',
  total: 11_300,
  lines: [],
  payment: {
    status: 'succeeded',
    method: 'pm_1',
    captured: 11_300,
    refunded: 2_000,
    disputed: 0,
    capturable: 0,
  },
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
const attention = (step: string, reason: string, since: string): OrderView['attention'] => ({
  step,
  reason,
  attempts: 3,
  since,
  actions: ['retry'],
});

describe('the money of an order', () => {
  it('keeps what was captured, less what went back', () => {
    const { rows, kept } = ledgerOf(
      order({
        refunds: [
          {
            refundId: 'r1',
            number: 1,
            kind: 'line_cancellation',
            amount: 2_000,
            status: 'succeeded',
            createdAt: '',
          },
          { refundId: 'r2', number: 2, kind: 'return', amount: 1_200, status: 'skipped', createdAt: '' },
        ],
      }),
    );
    assert.equal(kept, 9_300);
    assert.deepEqual(
      rows.map(({ kind, amount, direction, state }) => [kind, amount, direction, state]),
      [
        ['captured', 11_300, 'in', 'done'],
        ['refund', 2_000, 'out', 'done'],
        ['refund', 1_200, 'out', 'void'],
      ],
    );
  });

  it('is less by what a dispute has taken', () => {
    const disputed = order({ payment: { ...order({}).payment, disputed: 1_500 } });
    const { rows, kept } = ledgerOf(disputed);
    assert.equal(kept, 7_800);
    const [taken] = rows.filter(({ kind }) => kind === 'disputed');
    assert.deepEqual([taken?.amount, taken?.direction, taken?.state], [1_500, 'out', 'done']);
    assert.equal(refundable(disputed), 7_800, 'it cannot be refunded a second time');
  });

  it('shows money that is held as not yet there', () => {
    const payment = {
      ...order({}).payment,
      status: 'authorized' as const,
      captured: 0,
      refunded: 0,
      capturable: 500,
    };
    const held = order({ payment: { ...payment, captureBefore: '2026-12-01T00:00:00Z' } });
    assert.equal(ledgerOf(held).kept, 0);
    assert.equal(ledgerOf(held).rows[0]?.state, 'pending');
    assert.equal(paymentLook(held, NOW).colour, 'blue');
    assert.equal(paymentLook(held, Date.parse('2026-11-30T00:00:00Z')).colour, 'amber');
  });
});

describe('a problem', () => {
  it('of an action says that it was not done, or that nobody knows', () => {
    assert.deepEqual(
      [403, 409, 422, 500, 503, 0].map((status) => problemTitle(status, true)),
      [...Array<string>(3).fill('state.notDone'), ...Array<string>(3).fill('state.doneUnknown')],
    );
  });

  it('of a page says that it could not be loaded, or may not be seen', () => {
    assert.deepEqual(
      [403, 404, 0].map((status) => problemTitle(status, false)),
      ['state.denied', 'state.failed', 'state.failed'],
    );
  });
});

describe('what needs an operator', () => {
  it('is grouped by its cause, the largest group first, and the oldest order first', () => {
    const causes = byCause([
      order({ orderId: 'a', attention: attention('notify paid', 'MailFault: 451', '2026-11-28T13:00:00Z') }),
      order({
        orderId: 'b',
        attention: attention('refundPayment', 'RefundReturned: closed', '2026-11-28T13:30:00Z'),
      }),
      order({
        orderId: 'c',
        attention: attention('refundPayment', 'RefundReturned: closed', '2026-11-28T11:00:00Z'),
      }),
      order({ orderId: 'd' }),
    ]);
    assert.deepEqual(
      causes.map(({ step, code, orders }) => [step, code, orders.map(({ orderId }) => orderId)]),
      [
        ['refundPayment', 'RefundReturned', ['c', 'b']],
        ['notify', 'MailFault', ['a']],
      ],
    );
  });

  it('is known by its step and the code of its reason', () => {
    assert.equal(stepKind('checkPayment pi_1'), 'check');
    assert.equal(stepKind('captureAuthorization'), 'authorization');
    assert.equal(stepKind('confirmOrder'), 'record');
    assert.equal(stepKind('trackShipment 2 failure 2026-11-28T11:00:00Z'), 'track');
    assert.equal(stepKind('allocateStock'), 'stock');
    assert.equal(stepKind('refund ref_1'), 'refund');
    assert.equal(reasonCode('the provider is down'), '');
    assert.equal(waitsForYou({ ...attention('refundPayment', 'RefundReturned: x', '') } as never), true);
    assert.equal(waitsForYou({ ...attention('refundPayment', 'PaymentUnknown: x', '') } as never), false);
  });

  it('is named without the moment when it began', () => {
    const step = 'trackShipment 2 return_to_sender 2026-11-28T11:00:00.000Z';
    assert.equal(stepName(step), 'trackShipment 2');
    assert.equal(stepName('notify created'), 'notify created');
    assert.equal(trackedShipment(step), 2);
    assert.equal(trackedShipment('buyLabel'), undefined);
  });

  it('is a dispute in red when its evidence is due within three days', () => {
    const dispute = {
      ...{
        disputeId: 'd',
        orderId: 'o',
        paymentIntentId: 'p',
        amount: 1,
        currency: 'EUR',
        reason: 'fraudulent',
      },
      ...{ status: 'needs_response', fundsWithdrawn: true, openedAt: '', updatedAt: '' },
    };
    assert.equal(disputeColour({ ...dispute, evidenceDueAt: '2026-12-04T00:00:00Z' }, NOW), 'amber');
    assert.equal(disputeColour({ ...dispute, evidenceDueAt: '2026-11-30T00:00:00Z' }, NOW), 'red');
    assert.equal(disputeColour({ ...dispute, outcome: 'lost' }, NOW), 'grey');
  });
});

describe('an event of an order', () => {
  it('has a short name, a note and an amount', () => {
    assert.equal(eventName('com.durable-checkout.order.paid.v1'), 'paid');
    assert.equal(eventName('paid'), 'paid');
    assert.deepEqual(
      eventDetails({ status: 'paid', refund: { amount: 1_200, reason: 'requested' }, note: 'by phone' }),
      {
        note: 'by phone',
        step: undefined,
        code: 'requested',
        amount: 1_200,
        trackingCode: undefined,
      },
    );
  });
});

describe('the state of an item', () => {
  const counts = { onHand: 10, available: 5, held: 0, committed: 5, unavailable: 0, oversold: 0, sold: 0 };
  const item = (change: Partial<StockItem>): StockItem => ({
    ...{ sku: 'mug', title: 'Mug', unitPrice: 1, currency: 'EUR', ...counts },
    locations: [{ location: 'default', ...counts, lowAt: 3 }],
    ...change,
  });
  it('is the worst that is true of it', () => {
    assert.equal(stockState(item({})), 'in');
    assert.equal(
      stockState(item({ locations: [{ location: 'default', ...counts, available: 3, lowAt: 3 }] })),
      'low',
    );
    assert.equal(stockState(item({ available: 0 })), 'out');
    assert.equal(stockState(item({ available: 0, oversold: 4 })), 'oversold');
  });
});

describe('what the page has seen', () => {
  const sample = (at: number): Sample => ({ at, placed: at, paidShare: null, p50: null, backlog: 0 });
  it('is kept for half an hour, each time once', () => {
    const minute = 60_000;
    let seen: Sample[] = [];
    for (let at = 0; at <= 40; at += 1) seen = withSample(seen, sample(at * minute));
    assert.equal(seen[0]?.at, 11 * minute);
    assert.equal(withSample(seen, sample(40 * minute)).length, seen.length);
  });

  it('has the orders a second of each step, and of the last one only when enough of it is over', () => {
    const point = (at: string, seconds: number, placed: number, decided: number) => ({
      at,
      seconds,
      placed,
      decided,
    });
    const first = point('2026-11-28T12:00:00.000Z', 30, 300, 270);
    const rates = (seconds: number) =>
      ratesOf({ stepSeconds: 30, points: [first, point('2026-11-28T12:00:30.000Z', seconds, 100, 50)] });
    const start = Date.parse('2026-11-28T12:00:00.000Z');
    assert.deepEqual(rates(20), [
      { at: start + 15_000, placed: 10, decided: 9 },
      { at: start + 40_000, placed: 5, decided: 2.5 },
    ]);
    assert.equal(rates(5).length, 1);
  });

  it('is thinned with its first and its last', () => {
    const values = Array.from({ length: 1_000 }, (_, index) => index);
    const few = thinned(values, 60);
    assert.equal(few.length, 60);
    assert.deepEqual([few[0], few.at(-1)], [0, 999]);
  });

  it('is drawn from at least two values', () => {
    assert.equal(sparkline([1, null], 88, 28), undefined);
    assert.match(sparkline([1, 2], 88, 28)?.path ?? '', /^M1\.0,25\.0 86\.0,3\.0$/);
    assert.deepEqual([onLogScale(0.5), onLogScale(1), onLogScale(100), onLogScale(99_999)], [0, 0, 50, 100]);
  });
});
