import type { OrderView, RefundView } from '../../src/contracts/http/order.ts';
import {
  AUDIT_WORKFLOW,
  auditWorkflowId,
  latePaymentWorkflowId,
  TASK_QUEUES,
} from '../../src/contracts/temporal/names.ts';
import type { ApiClient } from '../../harness/api/api-client.ts';
import type { ApiError } from '../../harness/api/errors.ts';
import { refusable } from '../system/refusable.ts';
import { orderRequest, place, reaches } from './requests.ts';
import type { Scenario } from './scenario.ts';
import { REVIEW_ABOVE, type Shop } from '../system/shop.ts';
import { waitThroughFaults } from '../../harness/wait-for.ts';

const AUTHENTICATION = 'pm_card_authenticationRequired';

/** What happens to an order up to its payment, and to its money afterwards. */
export const CHECKOUT_SCENARIOS: readonly Scenario[] = [
  {
    title: 'paid by card',
    reaches: ['reserveStock', 'chargePayment', 'confirmOrder', 'notify'],
    ends: 'paid',
    tasks: true,
    async drive({ api }, { key }) {
      await place(api, orderRequest('pm_card_visa'), key);
    },
  },
  {
    title: 'paid after 3-D Secure',
    reaches: ['recordWaiting', 'retrievePayment'],
    ends: 'paid',
    tasks: true,
    async drive(shop, { key, orderId }) {
      await place(shop.api, orderRequest(AUTHENTICATION), key);
      await authenticate(shop, orderId, 'succeeded');
    },
  },
  {
    title: 'cancelled while the customer authenticates',
    reaches: ['voidPayment', 'releaseStock'],
    ends: 'cancelled',
    tasks: true,
    async drive({ api }, { key, orderId }) {
      await place(api, orderRequest(AUTHENTICATION), key);
      await reaches(api, orderId, ['awaiting_customer']);
      await refusable(api.cancelOrder(orderId));
    },
  },
  {
    title: 'cancelled while it is charged',
    reaches: ['abandonOrder', 'refundPayment'],
    ends: 'cancelled',
    async drive({ api }, { key, orderId }) {
      await place(api, orderRequest('pm_sandbox_slow'), key);
      await refusable(api.cancelOrder(orderId));
    },
  },
  {
    title: 'cancelled as soon as it is placed',
    reaches: [],
    ends: 'cancelled',
    tasks: true,
    async drive({ api }, { key, orderId }) {
      await place(api, orderRequest('pm_card_visa'), key);
      await refusable(api.cancelOrder(orderId));
    },
  },
  {
    title: 'declined',
    reaches: ['releaseStock'],
    ends: 'payment_failed',
    async drive({ api }, { key }) {
      await place(api, orderRequest('pm_card_chargeDeclined'), key);
    },
  },
  {
    title: 'paid while the mail server defers',
    reaches: ['notifications:notify'],
    ends: 'paid',
    provider: {
      before: ({ provider }) => provider.control('/smtp', { mode: 'defer' }),
      after: ({ provider }) => provider.control('/smtp', { mode: 'accept' }),
    },
    async drive({ api, pool }, { key, orderId }) {
      await place(api, orderRequest('pm_card_visa'), key);
      await waitThroughFaults(`a mail of ${orderId} was deferred`, async () => {
        const deferred = `select from mails where order_id = $1 and last_error is not null`;
        return (await pool.query(deferred, [orderId])).rowCount !== 0;
      });
    },
  },
  {
    title: 'approved by a reviewer',
    reaches: ['recordReview'],
    ends: 'paid',
    async drive({ api }, { key, orderId }) {
      await place(api, orderRequest('pm_card_visa', 'item-2', REVIEW_ABOVE + 1), key);
      await reaches(api, orderId, ['in_review']);
      // After a crash the workflow refuses reviews until a worker has replayed it.
      await waitThroughFaults(`${orderId} is approved`, async () => {
        await refusable(api.reviewOrder(orderId, { decision: 'approve' }));
        return (await api.getOrder(orderId)).status !== 'in_review';
      });
    },
  },
  {
    title: 'refunded',
    reaches: ['beginRefund', 'finishRefund'],
    ends: 'refunded',
    tasks: true,
    async drive({ api }, { key, orderId }) {
      await paid(api, key, orderId);
      await refund(api, orderId);
    },
  },
  {
    title: 'cancelled after it was paid',
    reaches: ['beginCancellation', 'finishCancellation'],
    ends: 'cancelled',
    async drive({ api }, { key, orderId }) {
      await paid(api, key, orderId);
      await refusable(api.cancelOrder(orderId));
    },
  },
  {
    title: 'a refund that fails, skipped by an operator',
    reaches: ['parkStep', 'resolveStep'],
    ends: 'paid',
    // A round of the step that has begun ends before it is skipped: up to five calls of a provider that refuses them.
    maxRecoveryMs: 60_000,
    async drive({ api }, { key, orderId }) {
      await paid(api, key, orderId, 'pm_sandbox_refund_fails');
      await refund(api, orderId);
      await waitThroughFaults(
        `a step of ${orderId} is parked`,
        async () => (await api.getOrder(orderId)).attention !== null,
      );
      await refusable(api.resolveAttention(orderId, { action: 'skip' }));
    },
  },
  {
    title: 'refunded once more, because the refund was returned',
    reaches: ['finishReturnedRefund'],
    ends: 'refunded',
    async drive({ api, provider }, { key, orderId }) {
      const { payment } = await paid(api, key, orderId);
      await refund(api, orderId);
      await reaches(api, orderId, ['refunded']);
      const returned = await provider.refundOf(payment.paymentIntentId ?? '');
      await provider.control(`/refunds/${returned}/fail`);
      await waitThroughFaults(
        `a step of ${orderId} is parked`,
        async () => (await api.getOrder(orderId)).attention !== null,
      );
      await refusable(api.resolveAttention(orderId, { action: 'retry' }));
    },
  },
  {
    title: 'refunded by somebody at the provider',
    reaches: ['findPayments', 'readOrderPayments', 'reconcilePayment'],
    ends: 'refunded',
    async drive({ api, provider }, { key, orderId }) {
      const { payment } = await paid(api, key, orderId);
      await provider.refund(payment.paymentIntentId ?? '');
      await reaches(api, orderId, ['refunded']);
    },
  },
  {
    title: 'disputed, and the dispute is won',
    reaches: ['readDisputes', 'recordDisputes'],
    ends: 'paid',
    async drive({ api, provider }, { key, orderId }) {
      const { payment } = await paid(api, key, orderId);
      await provider.control(`/payment_intents/${payment.paymentIntentId ?? ''}/dispute`);
      await waitThroughFaults(
        `the dispute of ${orderId} is recorded`,
        async () => (await api.getOrder(orderId)).disputes.length > 0,
      );
      const [dispute] = (await api.getOrder(orderId)).disputes;
      await provider.control(`/disputes/${dispute?.disputeId ?? ''}/win`);
      await waitThroughFaults(
        `the money of ${orderId} has come back`,
        async () => (await api.getOrder(orderId)).disputes[0]?.fundsWithdrawn === false,
      );
    },
  },
  {
    title: 'paid after it was cancelled',
    reaches: ['isLatePayment', 'recordLatePayment'],
    ends: 'cancelled',
    async drive({ api, provider, temporal }, { key, orderId }) {
      await place(api, orderRequest(AUTHENTICATION), key);
      const { payment } = await reaches(api, orderId, ['awaiting_customer']);
      await refusable(api.cancelOrder(orderId));
      await reaches(api, orderId, ['cancelled']);
      const { paymentIntentId = '' } = payment;
      await provider.control(`/payment_intents/${paymentIntentId}/succeed_late`);
      const late = temporal.workflow.getHandle(latePaymentWorkflowId(orderId, paymentIntentId));
      await waitThroughFaults(
        `the late payment of ${orderId} has a workflow`,
        async () => (await late.describe()).runId !== '',
      );
    },
  },
  {
    title: 'captured',
    shop: 'captures later',
    reaches: ['beginCapture', 'capturePayment', 'finishCapture'],
    ends: 'paid',
    tasks: true,
    async drive({ api }, { key, orderId }) {
      await paid(api, key, orderId);
      await capture(api, orderId);
    },
  },
  {
    title: 'captured after the authorisation had expired',
    shop: 'captures later',
    reaches: ['renewAuthorization'],
    ends: 'paid',
    async drive({ api, provider }, { key, orderId }) {
      const { payment } = await paid(api, key, orderId);
      await provider.control(`/payment_intents/${payment.paymentIntentId ?? ''}/expire`);
      await capture(api, orderId);
    },
  },
  {
    title: 'cancelled after somebody has captured it at the provider',
    shop: 'captures later',
    reaches: ['reconcilePayment'],
    again: ['reconcilePayment'],
    ends: 'cancelled',
    async drive({ api, provider }, { key, orderId }) {
      const { payment } = await paid(api, key, orderId);
      await provider.capture(payment.paymentIntentId ?? '');
      await refusable(api.cancelOrder(orderId));
    },
  },
  {
    title: 'an audit',
    reaches: [
      ...['beginAudit', 'collectOrders', 'readPayments', 'readRefunds', 'readOlderPayments', 'readLabels'],
      ...[
        'readClosedWorkflows',
        'readRunningWorkflows',
        'compareRecords',
        'recheckDifferences',
        'finishAudit',
      ],
    ],
    ends: undefined,
    // Temporal notices after 30 s that its heartbeats are missing.
    maxRecoveryMs: 60_000,
    async drive({ temporal }, { orderId }) {
      await temporal.workflow.start(AUDIT_WORKFLOW, {
        workflowId: auditWorkflowId(orderId),
        taskQueue: TASK_QUEUES.checkout,
        args: [{}],
      });
    },
  },
];

async function paid(
  api: ApiClient,
  key: string,
  orderId: string,
  method = 'pm_card_visa',
): Promise<OrderView> {
  await place(api, orderRequest(method), key);
  return reaches(api, orderId, ['paid']);
}

const refund = (api: ApiClient, orderId: string): Promise<RefundView | ApiError> =>
  refusable(api.refundOrder(orderId, { reason: 'returned' }, 'whole'));

const capture = (api: ApiClient, orderId: string): Promise<OrderView | ApiError> =>
  refusable(api.captureOrder(orderId, {}, 'whole'));

/** The customer does at the provider what 3-D Secure asks of them. */
export async function authenticate({ api, provider }: Shop, orderId: string, outcome: string): Promise<void> {
  const { payment } = await reaches(api, orderId, ['awaiting_customer']);
  await provider.control(`/payment_intents/${payment.paymentIntentId ?? ''}/authenticate`, { outcome });
}
