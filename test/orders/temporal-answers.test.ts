import assert from 'node:assert/strict';
import { ServiceError } from '@temporalio/client';
import { chargeRules } from '../../src/adapters/stripe/amounts.ts';
import type { AuditLog } from '../../src/adapters/postgres/audit/audit-log.ts';
import type { OrderReader, ParkedStepView, StoredOrder } from '../../src/adapters/postgres/order-reader.ts';
import type { OrderStatus } from '../../src/contracts/order-status.ts';
import { ACTION_NOT_POSSIBLE_FAILURE, NOT_PARKED_FAILURE } from '../../src/contracts/temporal/messages.ts';
import { cancelOrder } from '../../src/orders/cancel-order.ts';
import { detachFromGroup } from '../../src/orders/detach-from-group.ts';
import { orderIdOf } from '../../src/orders/order-id.ts';
import { createUnknownPayments } from '../../src/orders/unknown-payments.ts';
import { applyPaymentEvent, type PaymentEvent } from '../../src/orders/payment-event.ts';
import { resolveAttention } from '../../src/orders/resolve-attention.ts';
import { reviewOrder } from '../../src/orders/review-order.ts';
import { createAuditClient } from '../../src/orders/temporal/audit-client.ts';
import { createOperationClient, type OperationClient } from '../../src/orders/temporal/operation-client.ts';
import { createOutcomeWaiter } from '../../src/orders/waiting/outcome-waiter.ts';
import { createLogger } from '../../src/platform/logging.ts';
import {
  broken,
  fakeTemporal,
  notFound,
  timedOut,
  updateFails,
  type TemporalAnswers,
} from '../support/orders/fake-temporal.ts';
import {
  carriedOrders,
  fakeCatalogue,
  fakeCheckoutClient,
  fakeClaims,
  fakeFeed,
  fakeReader,
  storedOrder,
} from '../support/orders/fakes.ts';

const clientId = 'development';
const orderId = orderIdOf(clientId, 'key-1');
const GROUP = 'group/1';

/** The parts of the order service, for an order that PostgreSQL has in these statuses, one for each read. */
function parts(answers: TemporalAnswers, statuses: readonly OrderStatus[], reads: Partial<OrderReader> = {}) {
  const claims = fakeClaims();
  claims.held.set(orderId, { orderId, requestHash: 'h', workflowId: GROUP, epoch: 1, since: 0 });
  const left = [...statuses];
  const started: string[] = [];
  const cancelRequests: string[] = [];
  const reader: OrderReader = {
    ...fakeReader(),
    find: () => {
      const status = left.length > 1 ? left.shift() : left[0];
      const found: StoredOrder | undefined = status && storedOrder(status);
      return Promise.resolve(found && { ...found, view: { ...found.view, orderId } });
    },
    ...reads,
  };
  const operations: OperationClient = {
    run: () => Promise.resolve('in_progress'),
    start: ({ workflowId }) => Promise.resolve(void started.push(workflowId)),
    signal: ({ workflowId }) => Promise.resolve(void started.push(workflowId)),
    startOnce: ({ workflowId }) => Promise.resolve(void started.push(workflowId)),
    isRunning: () => Promise.resolve(true),
    signalRunning: () => Promise.resolve(),
    lastRun: () => Promise.resolve(undefined),
    restart: () => Promise.resolve(false),
  };
  return {
    client: fakeTemporal(answers),
    claims,
    cancelRequests,
    carriers: {
      clearParked: () => Promise.resolve(),
      recordCancelRequest: (_orderId: string, reason: string) =>
        Promise.resolve(void cancelRequests.push(reason)),
    },
    ledger: { resolveStep: () => Promise.resolve([]) },
    reader,
    operations,
    disputes: { changed: () => Promise.resolve() },
    recovery: carriedOrders,
    started,
    catalogue: fakeCatalogue(),
    chargeRules,
    checkouts: fakeCheckoutClient(),
    outcomeWaiter: createOutcomeWaiter(fakeFeed(), reader),
    unknownPayments: createUnknownPayments(),
    logger: createLogger({ level: 'silent' }),
    cancelLimitMs: 1_000,
    operationLimitMs: 1_000,
  };
}

const parkedStep: ParkedStepView = {
  step: 'refundPayment',
  reason: 'refused',
  attempts: 1,
  since: '2026-01-01T00:00:00.000Z',
  actions: ['retry'],
  workflowId: 'order/ord_x/refund',
};

describe('a cancellation', () => {
  const cancel = (answers: TemporalAnswers, statuses: readonly OrderStatus[]) =>
    cancelOrder(parts(answers, statuses), { clientId, orderId });

  it('is in progress where a worker has accepted it and has not completed it in time', async () => {
    const accepted = { startUpdate: () => Promise.resolve({ result: timedOut }) };
    const { cancelled, order } = await cancel(accepted, ['reserved']);
    assert.deepEqual([cancelled, order.status], [false, 'reserved']);
  });

  it('is recorded when a worker has accepted it, and not before', async () => {
    for (const [startUpdate, recorded] of [
      [() => Promise.resolve({ result: timedOut }), ['too_slow']],
      [timedOut, []],
      [notFound, []],
    ] as const) {
      const known = parts({ startUpdate, executeUpdate: notFound }, ['reserved']);
      await cancelOrder(known, { clientId, orderId, reason: 'too_slow' }).catch(() => undefined);
      assert.deepEqual(known.cancelRequests, recorded);
    }
  });

  it('is cancelled where the workflow has failed the accepted update because it ended', async () => {
    const ended = {
      startUpdate: () => Promise.resolve({ result: updateFails('Ended') }),
      executeUpdate: notFound,
    };
    assert.equal((await cancel(ended, ['reserved', 'cancelled'])).cancelled, true);
  });

  it('is unavailable while the workflow has ended and PostgreSQL does not have its outcome', async () => {
    const ended = { startUpdate: notFound, executeUpdate: notFound };
    await assert.rejects(cancel(ended, ['reserved']), { code: 'unavailable' });
  });

  it('throws any other failure of its update', async () => {
    await assert.rejects(cancel({ startUpdate: updateFails('Other') }, ['reserved']), {
      name: 'WorkflowUpdateFailedError',
    });
    await assert.rejects(cancel({ startUpdate: broken }, ['reserved']), /broken/);
  });
});

describe('moving an order out of its group', () => {
  const detach = (executeUpdate: () => Promise<unknown>) =>
    detachFromGroup(parts({ executeUpdate }, []), orderId, Date.now() + 1_000);

  it('is unavailable where no worker accepts it in time', async () => {
    await assert.rejects(detach(timedOut), { code: 'unavailable' });
  });

  it('throws any other error', async () => {
    await assert.rejects(detach(broken), /broken/);
  });
});

describe('a payment event', () => {
  const event: PaymentEvent = {
    type: 'payment_intent.succeeded',
    orderId,
    paymentIntentId: 'pi_1',
    says: { of: 'payment', captured: 2_400, capturable: 0, isOpen: false },
  };

  it('has its payments reconciled where the order ended while its workflow was looked for', async () => {
    const shop = parts({ signal: notFound }, ['awaiting_customer', 'expired']);
    await applyPaymentEvent(shop, event);
    assert.equal(shop.started.length, 1);
  });

  it('throws what Temporal answers to the signal, so that the provider sends the event again', async () => {
    await assert.rejects(
      applyPaymentEvent(parts({ signal: broken }, ['awaiting_customer']), event),
      /broken/,
    );
  });
});

describe('an action on a parked step', () => {
  const act = (executeUpdate: () => Promise<unknown>, parked: readonly ParkedStepView[][]) => {
    const left = [...parked];
    const reads = { parked: () => Promise.resolve(left.length > 1 ? (left.shift() ?? []) : (left[0] ?? [])) };
    return resolveAttention(parts({ executeUpdate }, ['paid'], reads), {
      clientId,
      orderId,
      action: 'retry',
    });
  };

  it('is refused with the possible actions where the workflow refuses it', async () => {
    await assert.rejects(act(updateFails(ACTION_NOT_POSSIBLE_FAILURE), [[parkedStep]]), {
      code: 'action_not_possible',
    });
  });

  it('is refused where the step was resolved by another operator meanwhile', async () => {
    await assert.rejects(act(updateFails(NOT_PARKED_FAILURE), [[parkedStep], []]), {
      code: 'no_attention_needed',
    });
  });

  it('throws any other error', async () => {
    await assert.rejects(act(broken, [[parkedStep]]), /broken/);
  });
});

describe('a review', () => {
  it('throws what Temporal answers to the decision', async () => {
    const shop = parts({ executeUpdate: broken }, ['in_review']);
    await assert.rejects(reviewOrder(shop, { clientId, orderId, decision: 'approve' }), /broken/);
  });
});

describe('an operation on an order', () => {
  it('is unavailable where no worker accepts it in time', async () => {
    const operations = createOperationClient(fakeTemporal({ startUpdateWithStart: timedOut }));
    const operation = { type: 'refund', workflowId: `order/${orderId}/refund`, orderId, input: {} };
    await assert.rejects(operations.run(operation, 1_000), { code: 'unavailable' });
  });
});

describe('an audit that was started', () => {
  const log = { find: () => Promise.resolve(undefined) } as unknown as AuditLog;

  it('is running while Temporal cannot be reached', async () => {
    const gone = () => Promise.reject(new ServiceError('Temporal is gone'));
    const audits = createAuditClient(fakeTemporal({ describe: gone }), log);
    assert.equal((await audits.outcome('a', 0)).state, 'running');
  });

  it('throws any other error', async () => {
    await assert.rejects(
      createAuditClient(fakeTemporal({ describe: broken }), log).outcome('a', 0),
      /broken/,
    );
  });
});
