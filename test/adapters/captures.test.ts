import assert from 'node:assert/strict';
import type {
  CaptureResult,
  CaptureSettlement,
  CaptureCommand,
} from '../../src/contracts/temporal/operations.ts';
import { authorizedOrder, eventsOf, paidOrder, viewOf } from '../support/paid-orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

const requestHash = 'a'.repeat(64);
const captureOf = (orderId: string, id: string, amount?: number, final?: boolean): CaptureCommand => ({
  captureId: `${orderId}/captures/${id}`,
  orderId,
  requestHash,
  ...(amount !== undefined && { amount }),
  ...(final !== undefined && { final }),
});

describe('captures in the ledger', function () {
  this.timeout(120_000);
  let shop: Shop;

  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());

  async function begin(order: CaptureCommand): Promise<CaptureResult> {
    const [answer] = await shop.ledger.beginCapture([order]);
    assert(answer);
    return answer;
  }
  async function begun(order: CaptureCommand) {
    const answer = await begin(order);
    assert(answer.outcome === 'booked');
    return answer;
  }
  const refused = (answer: CaptureResult) => {
    assert(answer.outcome === 'refused');
    return [answer.code, answer.left, answer.orderStatus];
  };
  const finish = (
    { orderId, captureId }: CaptureCommand,
    payment?: CaptureSettlement['payment'],
    status: CaptureSettlement['status'] = 'succeeded',
  ) => shop.ledger.finishCapture([{ orderId, captureId, status, ...(payment && { payment }) }]);
  const moneyOf = async (orderId: string) => {
    const { status, captured, capturable } = (await viewOf(shop, orderId)).payment;
    return [status, captured, capturable];
  };

  it('capture everything that is authorised if no amount is given', async () => {
    const { orderId, paymentIntentId } = await authorizedOrder(shop);
    assert.deepEqual(await moneyOf(orderId), ['authorized', 0, 1_000]);
    const order = captureOf(orderId, '1');
    const { amount, final, payment, order: terms } = await begun(order);
    assert.deepEqual([amount, final], [1_000, true]);
    assert.deepEqual(payment, { attempt: 1, paymentIntentId, captured: 0, capturable: 1_000 });
    assert.deepEqual([terms.currency, terms.paymentMethod], ['EUR', 'pm_card_visa']);
    await finish(order, { attempt: 1, captured: 1_000, capturable: 0 });
    assert.deepEqual(await moneyOf(orderId), ['succeeded', 1_000, 0]);
    assert.equal((await eventsOf(shop, orderId)).at(-1), 'captured');
    assert.deepEqual(refused(await begin(captureOf(orderId, '2'))), ['not_capturable', 0, 'paid']);
  });

  it('capture parts, the last of which is final', async () => {
    const { orderId } = await authorizedOrder(shop);
    const [first, last] = [captureOf(orderId, '1', 300), captureOf(orderId, '2', 700)];
    assert.equal((await begun(first)).final, false);
    await finish(first, { attempt: 1, captured: 300, capturable: 700 });
    assert.deepEqual(await moneyOf(orderId), ['authorized', 300, 700]);
    assert.equal((await begun(last)).final, true);
    await finish(last, { attempt: 1, captured: 1_000, capturable: 0 });
    assert.deepEqual(await moneyOf(orderId), ['succeeded', 1_000, 0]);
  });

  it('never exceed the authorised amount, however many begin concurrently', async () => {
    const { orderId } = await authorizedOrder(shop);
    const requests = Array.from({ length: 20 }, (_, index) => captureOf(orderId, String(index), 150));
    const answers = await Promise.all(requests.map(begin));
    const amounts = answers.flatMap((answer) => (answer.outcome === 'booked' ? [answer.amount] : []));
    assert.ok(amounts.length > 0 && amounts.length <= 6);
    assert.equal((await begin(captureOf(orderId, 'more', 1_000))).outcome, 'refused');
  });

  it('refuse an amount that is not authorised', async () => {
    assert.deepEqual(refused(await begin(captureOf('ord_none', '1', 1))), ['order_not_found', 0, null]);
    const { orderId: paid } = await paidOrder(shop);
    assert.deepEqual(refused(await begin(captureOf(paid, '1', 1))), ['not_capturable', 0, 'paid']);
    const { orderId } = await authorizedOrder(shop);
    const much = await begin(captureOf(orderId, '1', 1_001));
    assert.deepEqual(refused(much), ['capture_exceeds_authorized', 1_000, 'paid']);
  });

  it('refuse any capture after a final one', async () => {
    const { orderId } = await authorizedOrder(shop);
    await begun(captureOf(orderId, '1', 300, true));
    assert.equal((await begin(captureOf(orderId, '2', 100))).outcome, 'refused');
  });

  it('let a final capture wait for pending ones', async () => {
    const { orderId } = await authorizedOrder(shop);
    const [part, rest] = [captureOf(orderId, 'part', 300), captureOf(orderId, 'rest')];
    assert.equal((await begun(part)).waits, undefined);
    const { amount, final, waits } = await begun(rest);
    assert.deepEqual([amount, final, waits], [700, true, true]);
    await finish(part, { attempt: 1, captured: 300, capturable: 700 });
    const { waits: waitsStill, payment } = await begun(rest);
    assert.deepEqual([waitsStill, payment.captured, payment.capturable], [undefined, 300, 700]);
  });

  it('are identified by their id: begun twice, it is one capture', async () => {
    const { orderId } = await authorizedOrder(shop);
    const order = captureOf(orderId, '1', 300);
    const answers = await Promise.all([begin(order), begin(order), begin({ ...order, amount: 999 })]);
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
  });

  describe('that somebody has made at the provider', () => {
    const capturesOf = async (orderId: string) => {
      const { rows } = await shop.pool.query<{ amount: number; status: string }>(
        'select amount::int, status from captures where order_id = $1 order by created_at',
        [orderId],
      );
      return rows.map(({ amount, status }) => [amount, status]);
    };

    it('are captures of the order, beside the one that was asked for', async () => {
      const { orderId } = await authorizedOrder(shop);
      const order = captureOf(orderId, '1', 300);
      await begun(order);
      await finish(order, { attempt: 1, captured: 1_000, capturable: 0 });
      assert.deepEqual(await moneyOf(orderId), ['succeeded', 1_000, 0]);
      assert.deepEqual(await capturesOf(orderId), [
        [300, 'succeeded'],
        [700, 'succeeded'],
      ]);
      assert.equal((await eventsOf(shop, orderId)).filter((type) => type === 'captured').length, 2);
    });

    it('are known after an operator has skipped the one that was asked for', async () => {
      const { orderId } = await authorizedOrder(shop);
      const order = captureOf(orderId, '1', 700);
      await begun(order);
      await finish(order, { attempt: 1, captured: 300, capturable: 0 }, 'skipped');
      assert.deepEqual(await moneyOf(orderId), ['succeeded', 300, 0]);
      assert.deepEqual(await capturesOf(orderId), [
        [700, 'skipped'],
        [300, 'succeeded'],
      ]);
    });

    it('add to what an operator has taken by other means', async () => {
      const { orderId } = await authorizedOrder(shop);
      const order = captureOf(orderId, '1', 700);
      await begun(order);
      await finish(order, { attempt: 1, captured: 300, capturable: 0 }, 'resolved');
      assert.deepEqual(await moneyOf(orderId), ['succeeded', 1_000, 0]);
      assert.deepEqual(await capturesOf(orderId), [
        [700, 'resolved'],
        [300, 'succeeded'],
      ]);
    });

    it('leave the rest to what an operator has taken by other means, so that all of it is known', async () => {
      const { orderId } = await authorizedOrder(shop);
      const order = captureOf(orderId, '1');
      assert.equal((await begun(order)).amount, 1_000);
      await finish(order, { attempt: 1, captured: 400, capturable: 0 }, 'resolved');
      assert.deepEqual(await moneyOf(orderId), ['succeeded', 1_000, 0]);
      assert.deepEqual(await capturesOf(orderId), [
        [600, 'resolved'],
        [400, 'succeeded'],
      ]);
      const { rows } = await shop.pool.query(
        'select vouched_captured::int from payments where order_id = $1',
        [orderId],
      );
      assert.deepEqual(rows, [{ vouched_captured: 600 }]);
      const [begunCancellation] = await shop.ledger.beginCancellation([
        { orderId, reason: 'changed_my_mind' },
      ]);
      assert.equal(begunCancellation?.refund?.amount, 1_000);
    });

    it('leave no money behind where the authorisation was released', async () => {
      const { orderId } = await authorizedOrder(shop);
      const order = captureOf(orderId, '1', 700);
      await begun(order);
      await finish(order, { attempt: 1, captured: 0, capturable: 0 }, 'skipped');
      assert.deepEqual(await moneyOf(orderId), ['cancelled', 0, 0]);
    });

    it('while the order is being cancelled go back with the rest, however often that is reported', async () => {
      const { orderId, paymentIntentId } = await authorizedOrder(shop);
      await shop.ledger.beginCancellation([{ orderId, reason: 'changed_my_mind' }]);
      const said = { orderId, paymentIntentId, captured: 400, capturable: 0 };
      const refund = { refundId: `${orderId}/cancellation`, amount: 400 };
      for (const time of [1, 2])
        assert.deepEqual(
          await shop.ledger.reconcilePayment([said]),
          [{ orderId, paymentIntentId, outcome: 'recorded', currency: 'EUR', refund }],
          `time ${time}`,
        );
      await shop.ledger.finishCancellation([{ orderId, reason: 'changed_my_mind', refund: 'succeeded' }]);
      const { payment } = await viewOf(shop, orderId);
      assert.deepEqual([payment.status, payment.captured, payment.refunded], ['refunded', 400, 400]);
      assert.deepEqual(await capturesOf(orderId), [[400, 'succeeded']]);
    });
  });

  describe('that the provider refuses, since somebody else has captured meanwhile', () => {
    /** Records what the provider says: captured, capturable, and whether it has made these captures. */
    const reconcile = async (
      { orderId, captureId }: CaptureCommand,
      [captured, capturable]: readonly [number, number],
      others: Record<string, boolean> = {},
    ) => {
      const status = capturable > 0 ? 'authorized' : captured > 0 ? 'succeeded' : 'cancelled';
      const said = { orderId, paymentIntentId: `pi_${orderId}`, captured, capturable, status } as const;
      const captures = { [captureId]: false, ...others };
      const [result] = await shop.ledger.reconcilePayment([
        { ...said, refunds: [], refusedCaptureId: captureId, captures },
      ]);
      return result;
    };
    const capturesOf = async (orderId: string) => {
      const { rows } = await shop.pool.query<{ amount: number; final: boolean; status: string }>(
        'select amount::int, final, status from captures where order_id = $1 order by created_at',
        [orderId],
      );
      return rows.map(({ amount, final, status }) => [amount, final, status]);
    };
    const asked = async (amount?: number, final?: boolean) => {
      const { orderId } = await authorizedOrder(shop);
      const order = captureOf(orderId, '1', amount, final);
      await begun(order);
      return { orderId, order };
    };

    it('become the part that is left, however often that is recorded', async () => {
      const { orderId, order } = await asked();
      for (const time of [1, 2]) {
        assert.equal((await reconcile(order, [300, 700]))?.outcome, 'recorded');
        const expected = [
          [700, true, 'pending'],
          [300, false, 'succeeded'],
        ];
        assert.deepEqual(await capturesOf(orderId), expected, `time ${time}`);
      }
      const again = await begun(order);
      assert.deepEqual([again.amount, again.payment.captured, again.payment.capturable], [700, 300, 700]);
      await finish(order, { attempt: 1, captured: 1_000, capturable: 0 });
      assert.deepEqual(await moneyOf(orderId), ['succeeded', 1_000, 0]);
      assert.equal((await capturesOf(orderId)).length, 2);
    });

    it('take no more in all than was to be captured', async () => {
      const { orderId, order } = await asked(800, false);
      await reconcile(order, [300, 700]);
      assert.deepEqual((await capturesOf(orderId))[0], [500, false, 'pending']);
      await finish(order, { attempt: 1, captured: 800, capturable: 200 });
      assert.deepEqual(await moneyOf(orderId), ['authorized', 800, 200]);
    });

    it('are made where the other has captured as much, and what is more is another capture', async () => {
      for (const [said, expected] of [
        [
          [800, 0],
          [
            [700, false, 'succeeded'],
            [100, true, 'succeeded'],
          ],
        ],
        [
          [800, 200],
          [
            [700, false, 'succeeded'],
            [100, false, 'succeeded'],
          ],
        ],
        [[700, 300], [[700, false, 'succeeded']]],
      ] as const) {
        const { orderId, order } = await asked(700, false);
        await reconcile(order, said);
        assert.deepEqual(await capturesOf(orderId), expected);
        assert.deepEqual((await moneyOf(orderId)).slice(1), said);
        assert.equal(
          (await eventsOf(shop, orderId)).filter((type) => type === 'captured').length,
          expected.length,
        );
      }
    });

    it('are all made where the other has captured everything, one after the other', async () => {
      const { orderId, order } = await asked(300, false);
      const second = captureOf(orderId, '2', 500, false);
      await begun(second);
      await reconcile(order, [1_000, 0], { [second.captureId]: false });
      await reconcile(second, [1_000, 0]);
      assert.deepEqual(
        (await capturesOf(orderId)).map(([amount, , status]) => [amount, status]),
        [
          [300, 'succeeded'],
          [500, 'succeeded'],
          [200, 'succeeded'],
        ],
      );
    });

    it('are skipped where an operator resolves them although others have captured everything for themselves', async () => {
      const { orderId, order } = await asked(300, false);
      await shop.pool.query(
        `update payments set captured = 1000, capturable = 0, status = 'succeeded' where order_id = $1`,
        [orderId],
      );
      await shop.pool.query(
        `insert into captures (capture_id, order_id, amount, final, request_hash, status) values ($1 || '/capture/outside-2', $1, 1000, true, '', 'succeeded')`,
        [orderId],
      );
      await shop.ledger.finishCapture([{ orderId, captureId: order.captureId, status: 'resolved' }]);
      assert.deepEqual(
        (await capturesOf(orderId)).map(([amount, , status]) => [amount, status]),
        [
          [300, 'skipped'],
          [1_000, 'succeeded'],
        ],
      );
      assert.equal((await eventsOf(shop, orderId)).at(-1), 'capture_skipped');
    });

    it('tell how much is no longer held, where they are made and the rest was released', async () => {
      const { order } = await asked(700, false);
      const found = await reconcile(order, [800, 0]);
      assert.deepEqual([found?.ended, found?.missing], ['released', 200]);
    });

    it('wait where the authorisation has ended with less, and that is recorded', async () => {
      const { orderId, order } = await asked(700);
      const found = await reconcile(order, [300, 0]);
      assert.deepEqual([found?.ended, found?.missing], ['released', 700]);
      assert.deepEqual(await capturesOf(orderId), [
        [700, false, 'pending'],
        [300, true, 'succeeded'],
      ]);
      assert.deepEqual(await moneyOf(orderId), ['succeeded', 300, 0]);
      await finish(order, { attempt: 1, captured: 300, capturable: 0 }, 'skipped');
      assert.deepEqual(await moneyOf(orderId), ['succeeded', 300, 0]);
      assert.equal((await capturesOf(orderId)).length, 2);
    });

    it('stay as they are where enough can be captured', async () => {
      const { orderId, order } = await asked(400);
      await reconcile(order, [300, 700]);
      assert.deepEqual(await capturesOf(orderId), [
        [400, false, 'pending'],
        [300, false, 'succeeded'],
      ]);
    });

    it('take no money of cancelled lines', async () => {
      const { orderId, order } = await asked();
      await shop.pool.query('select ensure_order_lines(array[$1])', [orderId]);
      await shop.pool.query('update order_lines set uncaptured_amount = 200 where order_id = $1', [orderId]);
      await reconcile(order, [300, 700]);
      assert.deepEqual((await capturesOf(orderId))[0], [500, true, 'pending']);
    });

    it('do not count for somebody else what another capture in progress has taken', async () => {
      const { orderId, order } = await asked(600, false);
      const other = captureOf(orderId, '2', 300, false);
      await begun(other);
      assert.equal((await reconcile(order, [800, 200]))?.outcome, 'busy');
      await reconcile(order, [800, 200], { [other.captureId]: true });
      assert.deepEqual(await capturesOf(orderId), [
        [100, false, 'pending'],
        [300, false, 'pending'],
        [500, false, 'succeeded'],
      ]);
      await finish(other, { attempt: 1, captured: 800, capturable: 200 });
      await finish(order, { attempt: 1, captured: 900, capturable: 100 });
      assert.deepEqual(await moneyOf(orderId), ['authorized', 900, 100]);
      assert.equal((await capturesOf(orderId)).length, 3);
    });
  });

  it('do not renew an authorisation that was renewed and then released', async () => {
    const { orderId, paymentIntentId } = await authorizedOrder(shop);
    const over = { orderId, captured: 0, capturable: 0, status: 'cancelled' } as const;
    await shop.ledger.reconcilePayment([{ ...over, paymentIntentId, expired: true }]);
    assert.equal((await begun(captureOf(orderId, '1', 400))).payment.attempt, 1);
    const renewed = `pi_renewed_${orderId}`;
    const hold = { attempt: 2, status: 'authorized', captured: 0, capturable: 1_000 } as const;
    await shop.ledger.renewAuthorization([{ orderId, payment: { ...hold, paymentIntentId: renewed } }]);
    await finish(captureOf(orderId, '1', 400), undefined, 'skipped');
    await shop.ledger.reconcilePayment([{ ...over, paymentIntentId: renewed }]);
    assert.deepEqual(refused(await begin(captureOf(orderId, '2'))), ['not_capturable', 0, 'paid']);
  });

  it('are finished once', async () => {
    const { orderId } = await authorizedOrder(shop);
    const order = captureOf(orderId, '1', 300);
    await begun(order);
    const payment = { attempt: 1, captured: 300, capturable: 700 };
    await Promise.all([finish(order, payment), finish(order, payment)]);
    await finish(order, undefined, 'skipped');
    assert.deepEqual(await moneyOf(orderId), ['authorized', 300, 700]);
    assert.equal((await eventsOf(shop, orderId)).filter((type) => type === 'captured').length, 1);
    assert.equal((await begun(order)).status, 'succeeded');
  });

  it('do not lower the captured amount when they are finished out of order', async () => {
    const { orderId } = await authorizedOrder(shop);
    const [first, second] = [captureOf(orderId, '1', 300), captureOf(orderId, '2', 200)];
    if ((await begin(first)).outcome !== 'booked' || (await begin(second)).outcome !== 'booked') return;
    await finish(second, { attempt: 1, captured: 500, capturable: 500 });
    await finish(first, { attempt: 1, captured: 300, capturable: 700 });
    assert.deepEqual(await moneyOf(orderId), ['authorized', 500, 500]);
  });

  it('leave the payment unchanged when a capture is skipped', async () => {
    const { orderId } = await authorizedOrder(shop);
    const order = captureOf(orderId, '1', 300);
    await begun(order);
    await finish(order, undefined, 'skipped');
    assert.deepEqual(await moneyOf(orderId), ['authorized', 0, 1_000]);
    assert.equal((await eventsOf(shop, orderId)).at(-1), 'capture_skipped');
    assert.equal((await begin(captureOf(orderId, '2'))).outcome, 'booked');
  });

  it('use the renewed authorisation', async () => {
    const { orderId } = await authorizedOrder(shop);
    const order = captureOf(orderId, '1', 400);
    await begun(order);
    const paymentIntentId = `pi_renewed_${orderId}`;
    const payment = {
      attempt: 2,
      status: 'authorized',
      paymentIntentId,
      captured: 0,
      capturable: 1_000,
    } as const;
    for (const renewal of [
      { orderId, payment },
      { orderId, payment },
    ])
      await shop.ledger.renewAuthorization([renewal]);
    const { rows } = await shop.pool.query(
      'select attempt, status, capturable from payments where order_id = $1 order by attempt',
      [orderId],
    );
    assert.deepEqual(rows, [
      { attempt: 1, status: 'cancelled', capturable: 0 },
      { attempt: 2, status: 'authorized', capturable: 1_000 },
    ]);
    await finish(order, { attempt: 2, captured: 400, capturable: 600 });
    assert.deepEqual(await moneyOf(orderId), ['authorized', 400, 600]);
    assert.equal((await begun(captureOf(orderId, '2'))).payment.paymentIntentId, paymentIntentId);
  });

  it('limit refunds: only what was captured can be refunded', async () => {
    const { orderId } = await authorizedOrder(shop);
    const order = captureOf(orderId, '1', 400);
    await begun(order);
    await finish(order, { attempt: 1, captured: 400, capturable: 600 });
    const refund = { refundId: `${orderId}/refunds/1`, orderId, requestHash };
    const [answer] = await shop.ledger.beginRefund([refund]);
    assert.ok(answer?.outcome === 'booked' && answer.amount === 400);
    await shop.ledger.finishRefund([{ ...refund, status: 'succeeded' }]);
    assert.equal((await viewOf(shop, orderId)).status, 'paid');
    assert.equal((await begun(captureOf(orderId, '2'))).amount, 600);
  });
});
