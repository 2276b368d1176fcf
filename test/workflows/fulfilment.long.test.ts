import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { openFulfilmentStage, ShippedOrder, type FulfilmentStage } from '../support/fulfilments.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';

const HOUR_MS = 3_600_000;
const EVENTS = 500;

describe('fulfilment workflow over months', function () {
  this.timeout(900_000);
  let stage: FulfilmentStage;

  before(async () => {
    stage = await openFulfilmentStage();
  });
  after(() => stage.close());

  it('has a bounded history after 200 days and 500 events of the carrier, and every run replays', async () => {
    const order = new ShippedOrder();
    const handle = await stage.start(order);
    let asked = 0;
    let plansBefore = 0;
    order.does['trackShipments'] = () => {
      asked += 1;
      plansBefore = order.plans;
      order.plan = { nextInMs: 10 * HOUR_MS };
    };
    for (let event = 0; event < EVENTS; event += 1) {
      order.plan = { track: true };
      await stage.changed(order);
      await waitUntilPasses(() => {
        assert.ok(asked > event);
        // The workflow waits again: a step in progress would time out when time is skipped.
        assert.ok(order.plans > plansBefore);
      });
      await stage.sleep(9.6 * HOUR_MS);
    }
    const { historyLength } = await handle.describe();
    assert.ok(historyLength < 2_500, `the history has ${historyLength} events`);
    await stage.end(order);
    assert.ok(asked >= EVENTS);
    await stage.replayRuns(order);
  });

  it('has short histories after a year in which a capture of a closed order is not recorded, and a parcel waits for an operator', async () => {
    const order = new ShippedOrder();
    order.plan = {
      status: 'closed',
      capture: { captureId: `${order.orderId}/capture/rest`, amount: 500, final: true },
      attention: [{ shipmentId: 'shp_1', number: 1, reason: 'failure', step: 'trackShipment 1 failure' }],
    };
    await stage.start(order);
    await stage.sleep(365 * 24 * HOUR_MS);
    await stage.end(order);
    const lengths = await stage.lengths(order);
    const total = lengths.reduce((sum, length) => sum + length, 0);
    assert.ok(Math.max(...lengths) < 2_000 && total < 8_000, `the runs have ${lengths.join(', ')} events`);
    assert.equal(order.parked.length, 1);
    await stage.replayRuns(order);
  });

  it('has short histories although pieces are missing for weeks, and goes on within an hour when they arrive', async () => {
    const order = new ShippedOrder();
    order.plan = { short: [{ sku: 'mug-01', location: 'north', quantity: 2 }] };
    await stage.start(order);
    await stage.sleep(20 * 24 * HOUR_MS);
    const parked = order.calls.filter((name) => name === 'resolveStep').length;
    order.plan = {};
    await stage.sleep(HOUR_MS);
    await waitUntilPasses(() => {
      assert.equal(order.calls.filter((name) => name === 'resolveStep').length, parked + 1);
    });
    await stage.end(order);
    const lengths = await stage.lengths(order);
    assert.ok(
      lengths.length > 1 && Math.max(...lengths) < 2_000,
      `the runs have ${lengths.join(', ')} events`,
    );
    await stage.replayRuns(order);
  });

  it('has a bounded history although a label cannot be bought for two months and nothing else happens', async () => {
    const order = new ShippedOrder();
    order.plan = { buyLabels: true };
    let away = true;
    order.does['buyLabel'] = () => {
      if (away) throw ApplicationFailure.retryable('The carrier is unavailable', 'CarrierUnavailable');
      order.plan = {};
    };
    const handle = await stage.start(order);
    const { runId } = await handle.describe();
    for (let day = 0; day < 60; day += 1) await stage.sleep(24 * HOUR_MS);
    const now = await handle.describe();
    assert.notEqual(now.runId, runId);
    assert.ok(now.historyLength < 2_500, `the history has ${now.historyLength} events`);
    away = false;
    await stage.changed(order);
    await waitUntilPasses(() => {
      assert.deepEqual(order.calls.at(-1), 'resolveStep');
    });
    await stage.end(order);
    await stage.replayRuns(order);
  });
});
