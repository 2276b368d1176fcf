import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { refundWorkflowId } from '../../src/contracts/temporal/names.ts';
import { resolveStepUpdate } from '../../src/workflows/lib/parked-steps.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { openReturnStage, ReturnedGoods, type ReturnStage } from '../support/returned-goods.ts';

describe('return workflow', function () {
  this.timeout(180_000);
  let stage: ReturnStage;

  before(async () => {
    stage = await openReturnStage();
  });
  after(() => stage.close());

  const receipt = (refundId: string) => ({
    refundId,
    lines: [{ line: 1, quantity: 1 }],
    status: 'none' as const,
  });

  it('buys and mails the label, refunds each receipt, and closes the return when everything is accounted for', async () => {
    const goods = new ReturnedGoods();
    goods.change({ status: 'open', label: 'wanted' });
    await stage.start(goods);
    await waitUntilPasses(() => {
      assert.deepEqual(goods.mails, ['return_label 2']);
    });
    const first = `${goods.orderId}/refund/a`;
    goods.change({ received: true, refunds: [receipt(first)] });
    await stage.changed(goods);
    await waitUntilPasses(() => {
      assert.equal(goods.work.refunds[0]?.status, 'settled');
    });
    assert.equal(goods.work.status, 'open');
    goods.change({
      complete: true,
      refunds: [...goods.work.refunds, receipt(`${goods.orderId}/refund/b`)],
    });
    await stage.changed(goods);
    assert.deepEqual(await stage.result(goods), { returnId: goods.returnId, status: 'closed' });
    assert.deepEqual(goods.calls, ['buyReturnLabel', 'closeReturn']);
    assert.deepEqual(
      goods.refunds.map(({ refundId, kind, lines }) => [refundId.slice(-1), kind, lines]),
      [
        ['a', 'return', [{ line: 1, quantity: 1 }]],
        ['b', 'return', [{ line: 1, quantity: 1 }]],
      ],
    );
    assert.deepEqual(goods.mails, ['return_label 2', 'return_received 2', 'refunded 1', 'refunded 1']);
  });

  it('notifies the customer of a declined return, and ends', async () => {
    const goods = new ReturnedGoods();
    await stage.start(goods);
    await waitUntilPasses(() => {
      assert.equal(goods.reads, 1);
    });
    goods.change({ status: 'declined' });
    await stage.changed(goods);
    assert.equal((await stage.result(goods)).status, 'declined');
    assert.deepEqual(goods.mails, ['return_declined 2']);
    assert.deepEqual(goods.calls, []);
  });

  it('refunds while the label waits for an operator, who can skip it', async () => {
    const goods = new ReturnedGoods();
    goods.does['buyReturnLabel'] = () => {
      throw ApplicationFailure.nonRetryable('no_address: location default has no address', 'CarrierRefused');
    };
    goods.change({ status: 'open', label: 'wanted' });
    const handle = await stage.start(goods);
    await waitUntilPasses(() => {
      assert.equal(goods.parked.at(-1)?.step, 'buyReturnLabel');
    });
    goods.change({ received: true, complete: true, refunds: [receipt(`${goods.orderId}/refund/a`)] });
    await stage.changed(goods);
    await waitUntilPasses(() => {
      assert.equal(goods.work.refunds[0]?.status, 'settled');
    });
    await handle.executeUpdate(resolveStepUpdate, { args: [{ step: 'buyReturnLabel', action: 'skip' }] });
    assert.equal((await stage.result(goods)).status, 'closed');
    assert.equal(goods.work.label, 'skipped');
  });

  it('places the order of an exchange when the goods have arrived, once', async () => {
    const goods = new ReturnedGoods();
    goods.change({ status: 'open', exchange: 'wanted' });
    await stage.start(goods);
    await waitUntilPasses(() => {
      assert.equal(goods.reads, 1);
    });
    goods.change({ received: true, complete: true, refunds: [receipt(`${goods.orderId}/refund/a`)] });
    await stage.changed(goods);
    assert.equal((await stage.result(goods)).status, 'closed');
    assert.deepEqual(
      goods.calls.filter((call) => call === 'placeExchangeOrder'),
      ['placeExchangeOrder'],
    );
  });

  it('shows why the order of an exchange was refused, and asks for it rarely', async () => {
    const goods = new ReturnedGoods();
    goods.does['placeExchangeOrder'] = () => {
      throw ApplicationFailure.nonRetryable(
        'The order of the exchange was refused: unknown_sku',
        'ExchangeRefused',
      );
    };
    goods.change({ status: 'open', exchange: 'wanted', received: true, complete: true });
    const handle = await stage.start(goods);
    await waitUntilPasses(() => {
      assert.deepEqual(goods.parked.at(-1), {
        step: 'placeExchangeOrder',
        reason: 'ExchangeRefused: The order of the exchange was refused: unknown_sku',
      });
    });
    await stage.sleep(3_600_000);
    const asked = goods.calls.filter((call) => call === 'placeExchangeOrder').length;
    assert.ok(asked >= 5 && asked <= 7, `${asked} requests`);
    await handle.executeUpdate(resolveStepUpdate, {
      args: [{ step: 'placeExchangeOrder', action: 'skip' }],
    });
    assert.equal((await stage.result(goods)).status, 'closed');
  });

  it('goes on with a refund that fails after the return was closed by an operator', async () => {
    const goods = new ReturnedGoods();
    let away = true;
    goods.does['refundPayment'] = () => {
      if (away) throw ApplicationFailure.retryable('no answer', 'PaymentUnknown');
    };
    goods.change({ status: 'closed', received: true, refunds: [receipt(`${goods.orderId}/refund/a`)] });
    await stage.start(goods);
    await waitUntilPasses(() => {
      assert.ok(goods.parked.some(({ step }) => step === 'refundPayment'));
    });
    away = false;
    assert.equal((await stage.result(goods)).status, 'closed');
    assert.equal(goods.work.refunds[0]?.status, 'settled');
  });

  it('begins again when the return is reopened', async () => {
    const goods = new ReturnedGoods();
    goods.change({ status: 'closed' });
    await stage.start(goods);
    await stage.result(goods);
    goods.change({ status: 'open' });
    await stage.changed(goods);
    await waitUntilPasses(() => {
      assert.ok(goods.reads >= 2);
    });
    goods.change({ status: 'cancelled' });
    await stage.changed(goods);
    assert.equal((await stage.result(goods)).status, 'cancelled');
  });

  it('takes over a parked label and a refund in progress when it continues as new', async () => {
    const goods = new ReturnedGoods();
    const refundId = `${goods.orderId}/refund/a`;
    goods.does['buyReturnLabel'] = () => {
      throw ApplicationFailure.nonRetryable('The location has no address', 'AddressMissing');
    };
    let isAway = true;
    goods.does['refundPayment'] = () => {
      if (isAway) throw ApplicationFailure.nonRetryable('The refund failed', 'RefundFailed');
    };
    goods.change({ status: 'open', label: 'wanted', received: true, refunds: [receipt(refundId)] });
    const handle = await stage.start(goods);
    await waitUntilPasses(() => {
      const parked = new Set(goods.parked.map(({ step }) => step));
      assert.deepEqual([...parked].sort(), ['buyReturnLabel', 'refundPayment']);
    });
    await stage.continuesAsNew(goods);
    await handle.executeUpdate(resolveStepUpdate, { args: [{ step: 'buyReturnLabel', action: 'skip' }] });
    await waitUntilPasses(() => {
      assert.equal(goods.work.label, 'skipped');
    });
    isAway = false;
    await stage.client.workflow
      .getHandle(refundWorkflowId(refundId))
      .executeUpdate(resolveStepUpdate, { args: [{ step: 'refundPayment', action: 'retry' }] });
    await waitUntilPasses(() => {
      assert.equal(goods.work.refunds[0]?.status, 'settled');
    });
    goods.change({ complete: true });
    await stage.changed(goods);
    assert.equal((await stage.result(goods)).status, 'closed');
    assert.equal(goods.refunds.length, 1);
  });

  it('does not send a mail that an operator has skipped, also after it has continued as new', async () => {
    const goods = new ReturnedGoods();
    let attempts = 0;
    goods.does['notify'] = () => {
      attempts += 1;
      throw ApplicationFailure.nonRetryable('1 of 1 mails can never be sent: 550', 'MailRefused');
    };
    goods.change({ status: 'open', label: 'bought' });
    const handle = await stage.start(goods);
    const step = 'notify return_label 2';
    await waitUntilPasses(() => {
      assert.equal(goods.parked.at(-1)?.step, step);
    });
    await handle.executeUpdate(resolveStepUpdate, { args: [{ step, action: 'skip' }] });
    goods.change({ skippedMails: ['return_label'] });
    const before = attempts;
    await stage.continuesAsNew(goods);
    const { reads } = goods;
    await stage.changed(goods);
    await waitUntilPasses(() => {
      assert.ok(goods.reads > reads);
    });
    goods.change({ status: 'cancelled' });
    await stage.changed(goods);
    assert.equal((await stage.result(goods)).status, 'cancelled');
    assert.equal(attempts, before);
    assert.deepEqual(goods.mails, []);
  });

  it('ends at once when it is cancelled while its label waits for an operator', async () => {
    const goods = new ReturnedGoods();
    goods.does['buyReturnLabel'] = () => {
      throw ApplicationFailure.nonRetryable('no service', 'CarrierRefused');
    };
    goods.change({ status: 'open', label: 'wanted' });
    await stage.start(goods);
    await waitUntilPasses(() => {
      assert.equal(goods.parked.length, 1);
    });
    goods.change({ status: 'cancelled' });
    goods.does['buyReturnLabel'] = () => undefined;
    await stage.changed(goods);
    await waitUntilPasses(() => {
      assert.ok(goods.calls.includes('resolveStep'));
    });
    assert.equal((await stage.result(goods)).status, 'cancelled');
  });
});
