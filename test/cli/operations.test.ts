import assert from 'node:assert/strict';
import type { AttentionView, OrderView } from '../../src/contracts/http/order.ts';
import { invoke } from '../support/cli/invoke.ts';
import { orderView, ShopServer } from '../support/cli/shop-server.ts';

const ATTENTION: AttentionView = {
  step: 'refundPayment',
  reason: 'RefundRefused: The payment provider refuses the refund (charge_disputed)',
  attempts: 3,
  since: '2026-01-01T10:00:02.000Z',
  actions: ['retry', 'skip', 'resolve'],
};
const REVIEW = { reasons: ['total_above_limit', 'country_listed'], deadline: '2026-01-02T10:00:00.000Z' };

describe('the commands for operators', () => {
  let shop: ShopServer;
  const checkout = (...args: string[]) => invoke([...args, '--url', shop.url]);
  const lastSent = () => {
    const { method, path, body } = shop.received.filter(({ method: by }) => by === 'POST').at(-1) ?? {};
    return { method, path, body };
  };

  beforeEach(async () => {
    shop = await new ShopServer().start();
  });
  afterEach(() => shop.stop());

  describe('refund', () => {
    it('refunds the amount with a new key, which it prints, and shows the outcome', async () => {
      const { orderId } = shop.add('paid');
      const { exitCode, out, err } = await checkout(
        'refund',
        orderId,
        '--amount',
        '500',
        '--reason',
        'broken',
      );
      assert.equal(exitCode, 0);
      assert.equal(out, 'Refund 1 of ord_1: 5.00 EUR was refunded.\n');
      assert.deepEqual(lastSent(), {
        method: 'POST',
        path: '/v1/orders/ord_1/refunds',
        body: { amount: 500, reason: 'broken' },
      });
      assert.equal(
        err,
        `To repeat this command safely, add --key ${String(shop.received[0]?.headers['idempotency-key'])}\n`,
      );
    });

    it('uses the given key', async () => {
      const { orderId } = shop.add('paid');
      const { err } = await checkout('refund', orderId, '--key', 'k-1');
      assert.deepEqual(
        [shop.received[0]?.headers['idempotency-key'], shop.received[0]?.body, err],
        ['k-1', {}, ''],
      );
    });

    it('that is pending says so, and shows the command that resolves a waiting step', async () => {
      const { orderId } = shop.add('paid', { attention: ATTENTION });
      const { exitCode, out } = await checkout('refund', orderId);
      assert.equal(exitCode, 0);
      assert.match(
        out,
        /^Refund 1 of ord_1: 24\.00 EUR is pending: the provider has not made the refund yet\.\n/,
      );
      assert.match(out, /checkout attention ord_1 retry\|skip\|resolve/);
    });

    it('of too much fails with one line that says what is left', async () => {
      const { orderId } = shop.add('paid');
      const { exitCode, out, err } = await checkout('refund', orderId, '--amount', '2401', '--key', 'k');
      assert.deepEqual([exitCode, out], [1, '']);
      assert.equal(
        err,
        'refund_exceeds_captured: At most 2400 (minor units) is left. (amount: must be at most 2400)\n',
      );
    });

    it('prints its key before it sends, so that a call without an answer can be repeated', async () => {
      const { orderId } = shop.add('paid');
      shop.requestsToDrop = 1;
      const { exitCode, err } = await checkout('refund', orderId);
      assert.equal(exitCode, 1);
      assert.match(err, /^To repeat this command safely, add --key [0-9a-f-]{36}\nNo answer from /);
    });

    it('prints the refund as JSON, and the key separately', async () => {
      const { orderId } = shop.add('paid');
      const { out, err } = await checkout('refund', orderId, '--json');
      const key = shop.received[0]?.headers['idempotency-key'];
      assert.deepEqual([(JSON.parse(out) as { amount: number }).amount, JSON.parse(err)], [2400, { key }]);
    });

    it('accepts only whole minor units', async () => {
      const { exitCode, err } = await checkout('refund', 'ord_1', '--amount', '12.00');
      assert.equal(exitCode, 1);
      assert.match(err, /It must be a whole number, at least 1/);
      assert.equal(shop.received.length, 0);
    });
  });

  it('capture captures the amount, and shows what is captured and what is still authorized', async () => {
    const payment = {
      status: 'authorized',
      method: 'pm_card_visa',
      captured: 500,
      refunded: 0,
      disputed: 0,
      capturable: 700,
    } as const;
    const { orderId } = shop.add('paid', {
      payment: { ...payment, captureBefore: '2026-01-08T10:00:00.000Z' },
    });
    const { exitCode, out, err } = await checkout('capture', orderId, '--amount', '500', '--final');
    assert.equal(exitCode, 0);
    assert.deepEqual(lastSent(), {
      method: 'POST',
      path: '/v1/orders/ord_1/capture',
      body: { amount: 500, final: true },
    });
    assert.match(
      out,
      /payment +authorized with pm_card_visa, 7\.00 EUR authorized until 2026-01-08T10:00:00\.000Z, 5\.00 EUR captured/,
    );
    assert.equal(
      err,
      `To repeat this command safely, add --key ${String(shop.received[0]?.headers['idempotency-key'])}\n`,
    );
  });

  describe('review', () => {
    it('lists the orders that wait, with reasons and deadline', async () => {
      assert.equal((await checkout('review')).out, 'No order waits for review.\n');
      shop.add('paid');
      shop.add('in_review', { review: REVIEW });
      const { out } = await checkout('review');
      assert.match(
        out,
        /^ord_2 +24\.00 EUR +ada@example\.com +total_above_limit, country_listed +2026-01-02T10:00:00\.000Z$/m,
      );
      assert.doesNotMatch(out, /ord_1/);
    });

    it('of one order shows the order, and the command that decides', async () => {
      const { orderId } = shop.add('in_review', { review: REVIEW });
      const { out } = await checkout('review', orderId);
      assert.match(
        out,
        /review +until 2026-01-02T10:00:00\.000Z, because of total_above_limit, country_listed/,
      );
      assert.match(out, /to decide +checkout review ord_1 approve\|reject/);
    });

    it('sends the decision with its note, and shows the order', async () => {
      const { orderId } = shop.add('in_review', { review: REVIEW });
      const { exitCode, out } = await checkout('review', orderId, 'approve', '--note', 'known customer');
      assert.equal(exitCode, 0);
      assert.deepEqual(lastSent().body, { decision: 'approve', note: 'known customer' });
      assert.match(out, /review +approved 2026-01-01T10:00:02\.000Z: known customer/);
    });

    it('of an order that waits for none fails, as an unknown decision does', async () => {
      const { orderId } = shop.add('paid');
      const refused = await checkout('review', orderId, 'reject');
      assert.deepEqual([refused.exitCode, refused.err], [1, 'not_in_review: The order is paid.\n']);
      const unknown = await checkout('review', orderId, 'maybe');
      assert.equal(unknown.exitCode, 1);
      assert.match(unknown.err, /Allowed choices are approve, reject/);
    });
  });

  describe('attention', () => {
    it('lists the orders with a step that waits, from all pages', async () => {
      assert.equal((await checkout('attention')).out, 'No order needs attention.\n');
      shop.pageSize = 1;
      shop.add('paid', { attention: ATTENTION });
      shop.add('paid');
      shop.add('expired', { attention: { ...ATTENTION, step: 'voidPayment' } });
      const { out } = await checkout('attention');
      assert.match(
        out,
        /^ord_3 +expired +voidPayment +3 +2026-01-01T10:00:02\.000Z +retry\|skip\|resolve +RefundRefused: .*\n *ord_1 +paid +refundPayment/m,
      );
      assert.doesNotMatch(out, /ord_2/);
    });

    it('of one order shows the order, and the command that decides', async () => {
      const { orderId } = shop.add('paid', { attention: { ...ATTENTION, attempts: 1, actions: ['retry'] } });
      for (const command of ['attention', 'get']) {
        const { out } = await checkout(command, orderId);
        assert.match(out, /attention +refundPayment: RefundRefused: .*\(charge_disputed\)/);
        assert.match(out, /tried +once, waiting since 2026-01-01T10:00:02\.000Z/);
        assert.match(out, /to repair +checkout attention ord_1 retry$/m);
      }
    });

    it('sends the action with its note and step, and shows the order', async () => {
      const { orderId } = shop.add('paid', { attention: ATTENTION });
      const flags = ['--note', 'bank transfer', '--step', 'refundPayment'];
      const { exitCode, out } = await checkout('attention', orderId, 'resolve', ...flags);
      assert.equal(exitCode, 0);
      assert.deepEqual(lastSent().body, { action: 'resolve', note: 'bank transfer', step: 'refundPayment' });
      assert.doesNotMatch(out, /attention/);
    });

    it('of an order without a waiting step fails', async () => {
      const { orderId } = shop.add('paid');
      const { exitCode, err } = await checkout('attention', orderId, 'retry');
      assert.equal(exitCode, 1);
      assert.equal(err, 'no_attention_needed: No step of this order waits for an operator.\n');
    });

    it('lists as JSON what the API returns', async () => {
      const order = shop.add('paid', { attention: ATTENTION });
      assert.deepEqual(JSON.parse((await checkout('attention', '--json')).out) as OrderView[], [order]);
    });
  });

  it('get shows what has become of the pieces of a line', async () => {
    const [line] = orderView('ord_1', 'paid').lines;
    assert.ok(line);
    const { orderId } = shop.add('paid', { lines: [{ ...line, quantity: 3, cancelled: 2, shipped: 1 }] });
    assert.match((await checkout('get', orderId)).out, /mug-01 .* consumed +2 cancelled, 1 shipped$/m);
  });

  it('get shows refunds beside the status', async () => {
    const { orderId } = shop.add('paid', {
      partiallyRefunded: true,
      payment: {
        status: 'succeeded',
        method: 'pm_card_visa',
        captured: 2400,
        refunded: 500,
        disputed: 0,
        capturable: 0,
      },
      refunds: [
        {
          refundId: 'r',
          number: 1,
          kind: 'requested',
          amount: 500,
          status: 'succeeded',
          reason: 'broken',
          createdAt: '2026-01-01T10:00:02.000Z',
        },
      ],
    });
    const { out } = await checkout('get', orderId);
    assert.match(out, /status +paid, partially refunded$/m);
    assert.match(out, /24\.00 EUR captured, 5\.00 EUR refunded/);
    assert.match(out, /^1 +5\.00 EUR +succeeded +2026-01-01T10:00:02\.000Z +broken$/m);
  });
});
