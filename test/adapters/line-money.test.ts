import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MONEY_RULES } from '../../src/adapters/postgres/audit/money-rules.ts';
import { STOCK_RULES } from '../../src/adapters/postgres/audit/stock-rules.ts';
import { createReturnStore, type ReturnStore } from '../../src/adapters/postgres/return-store.ts';
import { createShipmentStore, type ShipmentStore } from '../../src/adapters/postgres/shipment-store.ts';
import type { OrderView } from '../../src/contracts/http/order.ts';
import type { RefundCommand } from '../../src/contracts/temporal/operations.ts';
import { lineShare } from '../../src/domain/line-shares.ts';
import { viewOf } from '../support/paid-orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { paidOrderOf } from '../support/shipped-orders.ts';
import { brokenRules } from '../support/broken-rules.ts';

/** Currencies of no, two and three decimal digits: the rule knows minor units only. */
const CURRENCIES = ['JPY', 'EUR', 'KWD'] as const;

const line = fc.record({
  quantity: fc.integer({ min: 1, max: 5 }),
  total: fc.integer({ min: 0, max: 1_001 }),
});
const pieces = fc.integer({ min: 1, max: 3 });
/** One of the lines of the order, in turn. */
const which = fc.nat(2);
const disposition = fc.constantFrom('restocked', 'not_restocked', 'processing', 'missing');
const often = <T>(arbitrary: fc.Arbitrary<T>) => ({ weight: 5, arbitrary });
const step = fc.oneof(
  often(fc.record({ do: fc.constant('cancel' as const), line: which, quantity: pieces })),
  often(
    fc.record({
      do: fc.constant('refund' as const),
      line: which,
      quantity: pieces,
      restock: fc.constantFrom(false, false, true),
    }),
  ),
  often(
    fc.record({ do: fc.constant('ship' as const), line: which, quantity: pieces, delivered: fc.boolean() }),
  ),
  often(fc.record({ do: fc.constant('return' as const), line: which, quantity: pieces })),
  often(
    fc.record({
      do: fc.constant('receive' as const),
      line: which,
      quantity: fc.constantFrom(1, 1, 2),
      disposition,
    }),
  ),
  often(fc.record({ do: fc.constant('capture' as const), amount: fc.integer({ min: 1, max: 600 }) })),
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('refundAmount' as const),
      amount: fc.integer({ min: 1, max: 50 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refundRest' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The step at a line that the order has, from 1. */
const atLine = (asked: Step, count: number): Step =>
  'line' in asked ? { ...asked, line: (asked.line % count) + 1 } : asked;

describe('the money of lines, through any sequence of cancellations, shipments, returns and refunds', function () {
  this.timeout(300_000);
  let shop: Shop;
  let returns: ReturnStore;
  let shipments: ShipmentStore;
  let skus: string[];
  let ids = 0;

  before(async () => {
    shop = await openShop();
    returns = createReturnStore(shop.pool);
    shipments = createShipmentStore(shop.pool);
    skus = [];
    for (const currency of CURRENCIES) skus.push(await shop.item(1_000_000, 1, currency));
  });
  after(() => shop.close());

  it('never exceeds what was captured, and the parts of a line sum to the whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...CURRENCIES),
        fc.constantFrom(true, true, false),
        fc.boolean(),
        fc.array(line, { minLength: 1, maxLength: 3, size: 'max' }),
        fc.array(fc.record({ step, skipped: fc.integer({ min: 1, max: 6 }) }), {
          minLength: 12,
          maxLength: 30,
          size: 'max',
        }),
        async (currency, ships, capturesLater, lines, steps) => {
          const sku = skus[CURRENCIES.indexOf(currency)] ?? '';
          const orderId = await paidOrderOf(
            shop,
            lines.map((each) => ({ sku, ...each })),
            { ships, currency, ...(capturesLater && { captured: 0 }) },
          );
          for (const { step: next, skipped } of steps) {
            await perform(orderId, atLine(next, lines.length), skipped === 1);
            await assertSums(orderId);
          }
          await giveAllBack(orderId);
          await assertSums(orderId);
        },
      ),
      { numRuns: 80 },
    );
    await assertAuditIsClean();
  });

  it('is consistent when all that the order costs is refunded, and what it ships is free', async () => {
    const sku = skus[0] ?? '';
    const orderId = await paidOrderOf(
      shop,
      [
        { sku, quantity: 1, total: 0 },
        { sku, quantity: 1, total: 100 },
      ],
      { ships: true, currency: 'JPY' },
    );
    await perform(orderId, { do: 'cancel', line: 2, quantity: 1 }, false);
    await perform(orderId, { do: 'ship', line: 1, quantity: 1, delivered: true }, false);
    const { status, payment } = await viewOf(shop, orderId);
    assert.deepEqual([status, payment.status, payment.refunded], ['delivered', 'refunded', 100]);
    await assertAuditIsClean();
  });

  it('is divided in SQL as in the domain', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        fc.integer({ min: 1, max: 1_000 }),
        fc.nat(1_000),
        fc.nat(1_000),
        async (amount, quantity, a, b) => {
          const [from, to] = [Math.min(a, b, quantity), Math.min(Math.max(a, b), quantity)];
          const { rows } = await shop.pool.query<{ share: number }>(
            'select line_share($1, $2, $3, $4) as share',
            [...[amount, quantity, from, to]],
          );
          assert.equal(rows[0]?.share, lineShare(amount, quantity, from, to));
        },
      ),
    );
  });

  async function perform(orderId: string, asked: Step, isSkipped: boolean): Promise<void> {
    ids += 1;
    switch (asked.do) {
      case 'cancel':
        return refund(orderId, isSkipped, { kind: 'line_cancellation', lines: [asked] });
      case 'refund':
        return refund(orderId, isSkipped, { lines: [asked], ...(asked.restock && { restock: true }) });
      case 'refundAmount':
        return refund(orderId, isSkipped, { amount: asked.amount });
      case 'refundRest':
        return refund(orderId, isSkipped, {});
      case 'ship': {
        const [shipped] = await shipments.report([
          {
            ...{ orderId, key: `key-${ids}`, requestHash: '', lines: [asked], carrier: 'DHL' },
            trackingCode: `code-${ids}`,
          },
        ]);
        if (shipped?.outcome === 'done' && asked.delivered)
          await shipments.change([{ orderId, shipmentId: shipped.shipmentId, action: 'deliver' }]);
        return;
      }
      case 'return': {
        await perform(orderId, { ...asked, do: 'ship', delivered: true }, false);
        const returnId = `ret_${ids}`;
        await returns.request({ returnId, orderId, lines: [asked], windowMs: 1e9, requestHash: '' });
        await returns.decide({ returnId, action: 'open' });
        return;
      }
      case 'receive': {
        const { returns: open } = await viewOf(shop, orderId);
        const returnId = open.find(
          ({ status, lines }) => status === 'open' && lines[0]?.line === asked.line,
        )?.returnId;
        if (returnId === undefined) return;
        const receipt = { returnId, receiptId: `receipt-${ids}`, refundId: `${orderId}/refund/${ids}` };
        await returns.receive({ ...receipt, lines: [asked] });
        const { refunds } = await returns.work(returnId);
        for (const { refundId, lines, status } of refunds)
          if (status === 'none') await refund(orderId, isSkipped, { refundId, lines, kind: 'return' });
        return;
      }
      case 'capture':
        return capture(orderId, asked.amount);
    }
  }

  async function refund(orderId: string, isSkipped: boolean, changes: Partial<RefundCommand>): Promise<void> {
    const refundId = `${orderId}/refund/${ids}`;
    const [begun] = await shop.ledger.beginRefund([{ refundId, orderId, requestHash: '', ...changes }]);
    if (begun?.outcome !== 'booked' || begun.status !== 'pending') return;
    await assertSums(orderId);
    const status = isSkipped ? 'skipped' : 'succeeded';
    await shop.ledger.finishRefund([{ refundId: begun.refundId, orderId, status }]);
  }

  async function capture(orderId: string, amount: number): Promise<void> {
    const captureId = `${orderId}/capture/${ids}`;
    const [begun] = await shop.ledger.beginCapture([{ captureId, orderId, amount, requestHash: '' }]);
    if (begun?.outcome !== 'booked') return;
    const { attempt, captured, capturable } = begun.payment;
    const payment = {
      attempt,
      captured: captured + begun.amount,
      capturable: begun.final ? 0 : capturable - begun.amount,
    };
    await shop.ledger.finishCapture([{ captureId, orderId, status: 'succeeded', payment }]);
  }

  /** Cancels, or else refunds, every piece that is left: then each line is settled to the minor unit. */
  async function giveAllBack(orderId: string): Promise<void> {
    const order = await viewOf(shop, orderId);
    for (const { line: number, quantity, refunded } of order.lines) {
      if (quantity === refunded) continue;
      ids += 1;
      await refund(orderId, false, {
        kind: 'lost',
        lines: [{ line: number, quantity: quantity - refunded }],
      });
    }
    const { lines, status } = await viewOf(shop, orderId);
    if (status === 'cancelled') return;
    const unpaid = await uncaptured(orderId);
    for (const { line: number, quantity, refunded, refundedAmount, total } of lines) {
      assert.equal(refunded, quantity);
      assert.equal(refundedAmount + (unpaid.get(number) ?? 0), total);
    }
  }

  async function uncaptured(orderId: string): Promise<Map<number, number>> {
    const { rows } = await shop.pool.query<{ line: number; uncaptured_amount: number }>(
      'select line, uncaptured_amount from order_lines where order_id = $1',
      [orderId],
    );
    return new Map(rows.map((row) => [row.line, row.uncaptured_amount]));
  }

  async function assertSums(orderId: string): Promise<void> {
    const order = await viewOf(shop, orderId);
    const { payment, refunds, lines, total } = order;
    const effective = refunds.filter(({ status }) => status !== 'skipped');
    const given = effective.reduce((sum, { amount }) => sum + amount, 0);
    assert.ok(given <= payment.captured, `${given} of ${payment.captured} are refunded`);
    const settled = effective.filter(({ status }) => status !== 'pending');
    assert.equal(
      payment.refunded,
      settled.reduce((sum, { amount }) => sum + amount, 0),
    );
    for (const { amount, lines: parts } of refunds)
      if (parts) assert.ok(parts.reduce((sum, part) => sum + part.amount, 0) <= amount);
    const unpaid = await uncaptured(orderId);
    for (const each of lines) assertLine(order, each, unpaid.get(each.line) ?? 0);
    const notOwed = [...unpaid.values()].reduce((sum, amount) => sum + amount, 0);
    const goodwill = effective
      .filter(({ lines: parts }) => !parts)
      .reduce((sum, { amount }) => sum + amount, 0);
    assert.ok(payment.captured + notOwed <= total + goodwill, 'more is captured than the customer owes');
  }

  function assertLine({ refunds }: OrderView, each: OrderView['lines'][number], unpaid: number): void {
    const parts = refunds
      .filter(({ status }) => status !== 'skipped')
      .flatMap(({ lines = [] }) => lines.filter((part) => part.line === each.line));
    assert.equal(
      parts.reduce((sum, { amount }) => sum + amount, 0),
      each.refundedAmount,
    );
    assert.ok(each.refundedAmount + unpaid <= each.total);
    assert.ok(each.cancelled + each.shipped <= each.quantity);
    assert.ok(each.returned <= each.delivered && each.delivered <= each.shipped);
    assert.ok(each.refunded <= each.quantity);
  }

  async function assertAuditIsClean(): Promise<void> {
    const wrong = await brokenRules(shop.pool, [...STOCK_RULES, ...MONEY_RULES]);
    assert.deepEqual(wrong.slice(0, 5), []);
  }
});
