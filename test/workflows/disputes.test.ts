import assert from 'node:assert/strict';
import type { DisputesInput, ProviderDispute, ReadDisputes } from '../../src/contracts/temporal/disputes.ts';
import { DISPUTES_WORKFLOW, disputesWorkflowId, TASK_QUEUES } from '../../src/contracts/temporal/names.ts';
import { disputesChanged } from '../../src/workflows/operations/disputes.ts';
import type { Script } from '../support/scripted-activities.ts';
import { fault, gate, outcome } from '../support/script-lines.ts';
import { openWorkflowStage, type WorkflowStage } from '../support/workflows.ts';

const input = { paymentIntentId: 'pi_1' };
const dispute: ProviderDispute = {
  disputeId: 'du_1',
  amount: 1_000,
  currency: 'EUR',
  reason: 'fraudulent',
  status: 'needs_response',
  fundsWithdrawn: true,
  openedAt: '2026-01-01T00:00:00.000Z',
};

const AS_OF = '2026-01-02T00:00:00.000Z';

/** The answer of the provider for every payment. */
const answering =
  (disputes: ProviderDispute[]) =>
  (payments: DisputesInput[]): Promise<ReadDisputes[]> =>
    Promise.resolve(payments.map((each) => ({ ...each, asOf: AS_OF, disputes })));

describe('disputes workflow', function () {
  this.timeout(120_000);
  let stage: WorkflowStage;

  before(async () => {
    stage = await openWorkflowStage();
  });
  after(() => stage.close());

  /** Runs the workflow, which gets the signals while it asks the provider for the first time. */
  function signalled(script: Script, signals: unknown[]) {
    const asked = gate();
    const readDisputes = [asked.before(answering([])), answering([])];
    return stage.runOperation('disputes', input, { readDisputes, ...script }, async (handle) => {
      await asked.reached;
      for (const signal of signals) await handle.signal(disputesChanged.name, signal);
      asked.open();
    });
  }

  it('records what the provider says', async () => {
    const { result, calls, requests, orderId } = await stage.runOperation('disputes', input, {
      readDisputes: [answering([dispute])],
    });
    assert.equal(result, 'recorded');
    assert.deepEqual(calls, ['readDisputes', 'recordDisputes']);
    assert.deepEqual(requests('recordDisputes'), [
      { orderId, paymentIntentId: 'pi_1', asOf: AS_OF, disputes: [dispute] },
    ]);
  });

  it('refunds the money that a dispute has given back to an order that does not want it', async () => {
    const captured = (orders: { orderId: string }[]) =>
      Promise.resolve(
        orders.map(({ orderId }) => ({
          orderId,
          payments: [{ orderId, paymentIntentId: 'pi_1', captured: 1_000, capturable: 0 }],
        })),
      );
    const { calls, requests } = await stage.runOperation('disputes', input, {
      recordDisputes: [outcome({ status: 'cancelled' })],
      readOrderPayments: [captured, captured],
      reconcilePayment: [
        outcome({ outcome: 'recorded', refundTotal: 1_000 }),
        outcome({ outcome: 'recorded' }),
      ],
    });
    assert.deepEqual(calls.slice(0, 3), ['readDisputes', 'recordDisputes', 'findPayments']);
    assert.equal(requests('refundPayment')[0]?.amount, 1_000);
  });

  it('asks again if another process has asked later, and recorded something else', async () => {
    const { result, calls } = await stage.runOperation('disputes', input, {
      recordDisputes: [outcome({ status: 'paid', outdated: true }), outcome({ status: 'paid' })],
    });
    assert.equal(result, 'recorded');
    assert.deepEqual(calls, ['readDisputes', 'recordDisputes', 'readDisputes', 'recordDisputes']);
  });

  it('asks the provider again after a signal that arrives while it is asked', async () => {
    const { calls } = await signalled({}, [{}]);
    assert.deepEqual(calls, ['readDisputes', 'recordDisputes', 'readDisputes', 'recordDisputes']);
  });

  it('waits for the provider, and shows an operator that it does', async () => {
    const { calls, requests } = await stage.runOperation('disputes', input, {
      readDisputes: [...Array.from({ length: 25 }, () => fault), answering([])],
    });
    assert.equal(requests('parkStep')[0]?.step, 'readDisputes');
    assert.deepEqual(calls.slice(-2), ['recordDisputes', 'resolveStep']);
  });

  it("records an operator's request to ask again, with the note", async () => {
    const { orderId, requests, calls } = await signalled({}, [{ retry: { note: 'the webhook was off' } }]);
    assert.deepEqual(calls.slice(2), ['resolveStep', 'readDisputes', 'recordDisputes']);
    const [{ actionId, ...recorded } = { actionId: undefined }, ...others] = requests('resolveStep');
    assert.deepEqual(recorded, {
      orderId,
      workflowId: disputesWorkflowId(orderId, 'pi_1'),
      step: 'respondToDispute',
      action: 'retry',
      note: 'the webhook was off',
    });
    assert.match(actionId ?? '', /\/1$/, 'it is recorded once, however often the activity runs');
    assert.deepEqual(others, []);
  });

  it('is not stopped by signals with nonsense', async () => {
    const nonsense = [undefined, null, 7, { retry: 7 }, { retry: { note: { deep: true } } }];
    const { result, calls } = await signalled({}, nonsense);
    assert.equal(result, 'recorded');
    assert.deepEqual(calls.slice(-2), ['readDisputes', 'recordDisputes']);
  });

  it('asks the provider for the order of a payment that is not recorded', async () => {
    const { client } = stage.environment;
    const run = (paymentIntentId: string) =>
      client.workflow.execute(DISPUTES_WORKFLOW, {
        workflowId: `payment/${paymentIntentId}/disputes`,
        taskQueue: TASK_QUEUES.checkout,
        args: [{ paymentIntentId }],
      });
    assert.equal(await run('pi_theirs'), 'ignored');
    const { orderId, calls } = stage.prepare({
      recordDisputes: [
        (updates) => Promise.resolve(updates.map(({ orderId: id }) => ({ orderId: id }) as never)),
      ],
    });
    assert.equal(await run(`pi_of_${orderId}`), 'ignored', 'PostgreSQL does not have the order');
    assert.deepEqual(calls, ['readDisputes', 'recordDisputes']);
  });
});
