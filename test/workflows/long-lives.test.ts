import assert from 'node:assert/strict';
import { EPOCH_MEMO } from '../../src/contracts/temporal/names.ts';
import { statusQuery } from '../../src/workflows/checkout.ts';
import {
  continuesAsNew,
  lengthsOf,
  longCheckout,
  needsAttention,
  resolve,
  runIdOf,
  switchable,
  YEAR_MS,
} from '../support/long-lives.ts';
import { fault, none, outcome, succeeded } from '../support/script-lines.ts';
import { openWorkflowStage, type WorkflowStage } from '../support/workflows.ts';

/** A step that fails for a year is tried about 470 times. */
const MAX_EVENTS_OF_YEAR = 8_000;

describe('a workflow that waits for long', function () {
  this.timeout(180_000);
  let stage: WorkflowStage;

  before(async () => {
    stage = await openWorkflowStage();
  });
  after(() => stage.close());

  it('has short histories after a year in which a refund fails, and makes the refund then', async () => {
    const refundPayment = switchable(fault, outcome({ refunded: 400 }));
    let lengths: number[] = [];
    const { result, count } = await stage.runOperation(
      'refund',
      { refundId: 'ord/refund/1', amount: 400, requestHash: 'a' },
      { refundPayment: [refundPayment.run] },
      async (handle, { requests }) => {
        const first = await runIdOf(handle);
        await stage.environment.sleep(YEAR_MS);
        assert.equal(await needsAttention(handle), true);
        const attempts = requests('parkStep').map((parked) => parked.attempts);
        assert.deepEqual(
          attempts.toSorted((a, b) => a - b),
          attempts,
          'the attempts of all runs are counted',
        );
        refundPayment.switch();
        await resolve(handle, 'refundPayment', 'retry');
        await handle.result();
        lengths = await lengthsOf(stage, handle, first);
      },
    );
    assert.ok(result.outcome === 'booked' && result.status === 'succeeded');
    const total = lengths.reduce((sum, length) => sum + length, 0);
    assert.ok(lengths.length > 1 && total < MAX_EVENTS_OF_YEAR, `the runs have ${lengths.join(', ')} events`);
    assert.equal(count('finishRefund'), 1);
  });

  it('goes on with the same payment attempt, which an operator can have tried again', async () => {
    const chargePayment = switchable(fault, succeeded);
    const { status, requests, count } = await longCheckout(
      stage,
      { chargePayment: [none, none, chargePayment.run] },
      async (handle) => {
        await continuesAsNew(stage, handle);
        assert.equal(await needsAttention(handle), true);
        assert.equal(await handle.query(statusQuery), 'payment_unknown');
        const { memo } = await handle.describe();
        assert.equal(memo?.[EPOCH_MEMO], 3);
        chargePayment.switch();
        await resolve(handle, 'chargePayment', 'retry');
      },
      { epoch: 3 },
    );
    assert.equal(status, 'paid');
    const attempts = requests('chargePayment').map(({ attempt }) => attempt);
    assert.deepEqual([...new Set(attempts)], [1, 2, 3]);
    assert.equal(requests('chargePayment').at(-1)?.triedBefore, true);
    assert.deepEqual([count('reserveStock'), count('confirmOrder')], [1, 1]);
    assert.equal(requests('resolveStep').at(-1)?.action, 'success');
    for (const name of ['confirmOrder', 'parkStep', 'resolveStep'] as const)
      for (const { epoch } of requests(name)) assert.equal(epoch, 3, name);
  });
});
