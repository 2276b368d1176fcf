import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { resolveStepUpdate } from '../../src/workflows/lib/parked-steps.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { openFulfilmentStage, ShippedOrder, type FulfilmentStage } from '../support/fulfilments.ts';

const DAY_MS = 86_400_000;

describe('fulfilment workflow', function () {
  this.timeout(180_000);
  let stage: FulfilmentStage;

  before(async () => {
    stage = await openFulfilmentStage();
  });
  after(() => stage.close());

  const count = (order: ShippedOrder, name: string) => order.calls.filter((call) => call === name).length;

  it('buys labels, tells the customer, asks the carrier when it is time, and ends when nothing is left to do', async () => {
    const order = new ShippedOrder();
    order.plan = { buyLabels: true };
    order.does['buyLabel'] = () => {
      order.plan = { nextInMs: 2 * DAY_MS };
    };
    await stage.start(order);
    await waitUntilPasses(() => {
      assert.equal(count(order, 'buyLabel'), 1);
    });
    await waitUntilPasses(() => {
      assert.ok(order.plans >= 2);
    });
    order.plan = { track: true };
    order.does['trackShipments'] = () => {
      order.plan = { status: 'shipped', mails: [{ kind: 'shipped', part: 1 }] };
    };
    await stage.sleep(3 * DAY_MS);
    await waitUntilPasses(() => {
      assert.deepEqual(order.mails, ['shipped 1']);
    });
    const result = await stage.end(order);
    assert.deepEqual(result, { orderId: order.orderId, status: 'closed' });
    assert.deepEqual(order.calls, ['buyLabel', 'trackShipments']);
    assert.deepEqual(order.mails, ['shipped 1']);
  });

  it('parks a refused address, and tries again at once when the order has changed', async () => {
    const order = new ShippedOrder();
    order.plan = { buyLabels: true };
    order.does['buyLabel'] = () => {
      throw ApplicationFailure.nonRetryable('The carrier refuses the address (line1)', 'AddressRefused');
    };
    await stage.start(order);
    await waitUntilPasses(() => {
      assert.deepEqual(order.parked.at(-1), {
        step: 'buyLabel',
        reason: 'AddressRefused: The carrier refuses the address (line1)',
      });
    });
    order.does['buyLabel'] = () => {
      order.plan = {};
    };
    await stage.changed(order);
    await waitUntilPasses(() => {
      assert.equal(count(order, 'resolveStep'), 1);
    });
    await stage.end(order);
  });

  it('tries again at once when the order has changed while the carrier was asked', async () => {
    const order = new ShippedOrder();
    order.plan = { buyLabels: true };
    order.does['buyLabel'] = async () => {
      order.does['buyLabel'] = () => {
        order.plan = {};
      };
      await stage.changed(order);
      throw ApplicationFailure.nonRetryable('The carrier refuses the address (line1)', 'AddressRefused');
    };
    await stage.start(order);
    await waitUntilPasses(() => {
      assert.equal(count(order, 'buyLabel'), 2);
    });
    await stage.end(order);
  });

  it('asks a carrier that has refused the label once an hour at last', async () => {
    const order = new ShippedOrder();
    order.plan = { buyLabels: true };
    order.does['buyLabel'] = () => {
      throw ApplicationFailure.nonRetryable('The account has no funds', 'CarrierRefused');
    };
    await stage.start(order);
    await stage.sleep(DAY_MS);
    const asked = count(order, 'buyLabel');
    assert.ok(asked > 20 && asked <= 31, `${asked} requests`);
    order.plan = {};
    order.does['buyLabel'] = () => undefined;
    await stage.changed(order);
    await stage.end(order);
  });

  it('does not plan again and again while what is due cannot be done', async () => {
    const order = new ShippedOrder();
    order.plan = { refundLabels: true, nextInMs: -1_000 };
    order.does['refundLabel'] = () => {
      throw ApplicationFailure.nonRetryable('PostgreSQL answered 23514', 'InvariantViolated');
    };
    await stage.start(order);
    await waitUntilPasses(() => {
      assert.equal(order.parked.length, 1);
    });
    await stage.sleep(1_200_000);
    assert.ok(order.plans <= 5, `${order.plans} plans`);
    order.plan = {};
    order.does['refundLabel'] = () => undefined;
    await stage.changed(order);
    await stage.end(order);
  });

  it('waits for a carrier that is away, and acts on changes meanwhile', async () => {
    const order = new ShippedOrder();
    order.plan = { buyLabels: true };
    let away = true;
    order.does['buyLabel'] = () => {
      if (away) throw ApplicationFailure.retryable('The carrier is unavailable', 'CarrierUnavailable');
      order.plan = {};
    };
    await stage.start(order);
    await stage.sleep(10 * 60_000);
    assert.deepEqual(order.parked.at(-1)?.step, 'buyLabel');
    order.plan = { buyLabels: true, refundLabels: true };
    order.does['refundLabel'] = () => {
      order.plan = { buyLabels: true };
    };
    await stage.changed(order);
    await waitUntilPasses(() => {
      assert.equal(count(order, 'refundLabel'), 1);
    });
    away = false;
    await stage.sleep(30 * 60_000);
    await waitUntilPasses(() => {
      assert.equal(count(order, 'resolveStep'), 1);
    });
    await stage.end(order);
  });

  it('parks missing pieces, takes them from another location when told to, and goes on by itself when they arrive', async () => {
    const order = new ShippedOrder();
    const short = [{ sku: 'mug-01', location: 'north', quantity: 2 }];
    order.plan = { short };
    const handle = await stage.start(order);
    await waitUntilPasses(() => {
      assert.deepEqual(order.parked.at(-1), {
        step: 'allocateStock',
        reason: 'StockShort: 2 of mug-01 are missing at location north',
      });
    });
    assert.equal(count(order, 'allocateStock'), 0);
    await handle.executeUpdate(resolveStepUpdate, { args: [{ step: 'allocateStock', action: 'retry' }] });
    await waitUntilPasses(() => {
      assert.equal(count(order, 'allocateStock'), 1);
    });
    order.plan = {};
    await stage.sleep(20 * 60_000);
    // The operator's retry and the end of the step.
    await waitUntilPasses(() => {
      assert.equal(count(order, 'resolveStep'), 2);
    });
    assert.equal(count(order, 'allocateStock'), 1);
    await stage.end(order);
  });

  it('parks a parcel that comes back, until an operator has decided', async () => {
    const order = new ShippedOrder();
    order.plan = { attention: [{ shipmentId: 'shp_1', number: 1, reason: 'return_to_sender' }] };
    const handle = await stage.start(order);
    await waitUntilPasses(() => {
      assert.deepEqual(order.parked.at(-1), {
        step: 'trackShipment 1',
        reason: 'ParcelProblem: The carrier reports return_to_sender for shipment 1',
      });
    });
    order.does['resolveStep'] = () => {
      order.plan = {};
    };
    await handle.executeUpdate(resolveStepUpdate, { args: [{ step: 'trackShipment 1', action: 'skip' }] });
    await stage.end(order);
    assert.equal(order.parked.length, 1);
  });

  it('parks a later problem of a parcel although an operator has skipped the first, and says how long a parcel is silent', async () => {
    const order = new ShippedOrder();
    const step = 'trackShipment 1 return_to_sender 2026-01-01T00:00:00Z';
    order.plan = { attention: [{ shipmentId: 'shp_1', number: 1, reason: 'return_to_sender', step }] };
    const handle = await stage.start(order);
    await waitUntilPasses(() => {
      assert.equal(order.parked.at(-1)?.step, step);
    });
    const later = 'trackShipment 1 silent 2026-02-01T00:00:00Z';
    order.does['resolveStep'] = () => {
      delete order.does['resolveStep'];
      order.plan = { attention: [{ shipmentId: 'shp_1', number: 1, reason: 'silent', step: later }] };
    };
    await handle.executeUpdate(resolveStepUpdate, { args: [{ step, action: 'skip' }] });
    await waitUntilPasses(() => {
      assert.deepEqual(order.parked.slice(1), [
        {
          step: later,
          reason: 'ParcelProblem: The carrier has reported nothing new of shipment 1 for three months',
        },
      ]);
    });
    await stage.end(order);
  });

  it('parks a parcel that was sent although it is cancelled', async () => {
    const order = new ShippedOrder();
    order.plan = { attention: [{ shipmentId: 'shp_2', number: 2, reason: 'in_transit', cancelled: true }] };
    await stage.start(order);
    await waitUntilPasses(() => {
      assert.deepEqual(order.parked.at(-1), {
        step: 'trackShipment 2',
        reason: 'ParcelProblem: The carrier reports in_transit for shipment 2, which is cancelled',
      });
    });
    await stage.end(order);
  });

  it('captures what was sent and refunds what was lost, each once', async () => {
    const order = new ShippedOrder();
    const capture = { captureId: `${order.orderId}/capture/shipment-1`, amount: 500, final: false };
    const refund = { refundId: `${order.orderId}/refund/lost-2`, lines: [{ line: 1, quantity: 1 }] };
    order.plan = { capture, refunds: [refund] };
    await stage.start(order);
    await waitUntilPasses(() => {
      assert.equal(order.operations.length, 2);
    });
    const { plans } = order;
    await stage.changed(order);
    await waitUntilPasses(() => {
      assert.ok(order.plans > plans);
    });
    await stage.end(order);
    const { orderId } = order;
    assert.deepEqual(order.operations, [
      { orderId, requestHash: '', ...capture },
      { orderId, requestHash: '', kind: 'lost', reason: 'lost', ...refund },
    ]);
  });

  it('shows an operator a capture that is refused, and tries it again, also after it has continued as new', async () => {
    const order = new ShippedOrder();
    const captureId = `${order.orderId}/capture/shipment-1`;
    const step = `capture ${captureId}`;
    order.refusesOperations = true;
    order.plan = { capture: { captureId, amount: 500, final: false } };
    const handle = await stage.start(order);
    const parks = (often: number) =>
      waitUntilPasses(() => {
        assert.equal(order.parked.length, often);
        assert.deepEqual(order.parked.at(-1), {
          step,
          reason: 'CaptureRefused: The capture was refused: not_capturable',
        });
      });
    await parks(1);
    await handle.executeUpdate(resolveStepUpdate, { args: [{ step, action: 'retry' }] });
    await parks(2);
    await stage.continuesAsNew(order);
    // The next run goes on with the pause.
    await parks(2);
    order.refusesOperations = false;
    const before = order.operations.length;
    await handle.executeUpdate(resolveStepUpdate, { args: [{ step, action: 'retry' }] });
    await waitUntilPasses(() => {
      assert.equal(order.operations.length, before + 1);
    });
    await stage.end(order);
    await stage.replayRuns(order);
  });

  it('forgets a capture that was refused and is not wanted any more', async () => {
    const order = new ShippedOrder();
    order.refusesOperations = true;
    order.plan = { capture: { captureId: `${order.orderId}/capture/rest`, amount: 500, final: true } };
    await stage.start(order);
    await waitUntilPasses(() => {
      assert.equal(order.parked.length, 1);
    });
    order.plan = {};
    await stage.changed(order);
    await waitUntilPasses(() => {
      assert.equal(count(order, 'resolveStep'), 1);
    });
    assert.equal(order.operations.length, 1);
    await stage.end(order);
  });

  it('goes on while a mail cannot be sent', async () => {
    const order = new ShippedOrder();
    let attempts = 0;
    let away = true;
    order.does['notify'] = () => {
      attempts += 1;
      if (away) throw ApplicationFailure.retryable('1 of 1 mails could not be sent', 'MailFault');
    };
    order.plan = { mails: [{ kind: 'shipped', part: 1 }] };
    await stage.start(order);
    await waitUntilPasses(() => {
      assert.ok(attempts > 0);
    });
    order.plan = { track: true };
    order.does['trackShipments'] = () => {
      order.plan = {};
    };
    await stage.changed(order);
    await waitUntilPasses(() => {
      assert.equal(count(order, 'trackShipments'), 1);
    });
    away = false;
    await stage.end(order);
    assert.deepEqual(order.mails, ['shipped 1']);
  });

  it('ends when the last mail of an order that is closed already is sent', async () => {
    const order = new ShippedOrder();
    order.plan = { done: false, status: 'closed', mails: [{ kind: 'delivered', part: 1 }] };
    let failures = 0;
    order.does['notify'] = () => {
      failures += 1;
      if (failures < 3) throw new Error('the mail server is away');
      order.plan = { done: true, status: 'closed' };
    };
    const handle = await stage.start(order);
    assert.deepEqual(await handle.result(), { orderId: order.orderId, status: 'closed' });
    assert.deepEqual(order.mails, ['delivered 1']);
  });

  it('ends when the last capture of an order that is closed already is recorded', async () => {
    const order = new ShippedOrder();
    const capture = { captureId: `${order.orderId}/capture/shipment-1`, amount: 1_000, final: true };
    order.plan = { done: false, status: 'closed', capture };
    const handle = await stage.start(order);
    await waitUntilPasses(() => {
      assert.equal(order.operations.length, 1);
    });
    order.plan = { done: true, status: 'closed' };
    assert.deepEqual(await handle.result(), { orderId: order.orderId, status: 'closed' });
  });

  it('takes over its parked steps when it continues as new, so that an operator can act on them', async () => {
    const order = new ShippedOrder();
    order.plan = { buyLabels: true };
    order.does['buyLabel'] = () => {
      throw ApplicationFailure.nonRetryable('The carrier refuses the address (line1)', 'AddressRefused');
    };
    const handle = await stage.start(order);
    await waitUntilPasses(() => {
      assert.equal(order.parked.at(-1)?.step, 'buyLabel');
    });
    await stage.continuesAsNew(order);
    await handle.executeUpdate(resolveStepUpdate, { args: [{ step: 'buyLabel', action: 'retry' }] });
    assert.equal(count(order, 'resolveStep'), 1);
    order.does['buyLabel'] = () => {
      order.plan = {};
    };
    await stage.changed(order);
    await waitUntilPasses(() => {
      assert.equal(count(order, 'resolveStep'), 2);
    });
    await stage.end(order);
  });

  it('clears a parked step that is not needed any more after it has continued as new', async () => {
    const order = new ShippedOrder();
    order.plan = { buyLabels: true };
    let isWanted = true;
    order.does['buyLabel'] = () => {
      if (!isWanted) order.plan = {};
      throw ApplicationFailure.nonRetryable('The carrier refuses the address (line1)', 'AddressRefused');
    };
    await stage.start(order);
    await waitUntilPasses(() => {
      assert.equal(order.parked.at(-1)?.step, 'buyLabel');
    });
    isWanted = false;
    await stage.continuesAsNew(order);
    await waitUntilPasses(() => {
      assert.equal(count(order, 'resolveStep'), 1);
    });
    await stage.end(order);
  });

  it('is not stopped by a cancellation of the workflow', async () => {
    const order = new ShippedOrder();
    const handle = await stage.start(order);
    await handle.cancel();
    assert.equal((await stage.end(order)).status, 'closed');
  });
});
