import { orderIdOf } from '../src/orders/order-id.ts';
import { DEVELOPMENT_CLIENT } from '../src/api/api-keys.ts';
import type { OrderRequest, OrderView } from '../src/contracts/http/order.ts';
import type { OrderStatus } from '../src/contracts/order-status.ts';
import {
  AUDIT_WORKFLOW,
  auditWorkflowId,
  latePaymentWorkflowId,
  TASK_QUEUES,
} from '../src/contracts/temporal/names.ts';
import type { Answer, Api } from './api.ts';
import { REVIEW_ABOVE, type Shop } from './shop.ts';
import { waitThroughFaults } from '../harness/wait-for.ts';

/** An order that is going to be placed under this key: its id is known before. */
export interface Placing {
  readonly key: string;
  readonly orderId: string;
}

/** A way of an order, and the activities that it reaches for certain. */
export interface Scenario {
  readonly title: string;
  readonly reaches: readonly string[];
  /** Undefined: there is no order, and `orderId` names what there is instead. */
  readonly ends: OrderStatus | undefined;
  /** Milliseconds, where nobody waits for it. Default: the time in which everything has to be well again. */
  readonly healsWithinMs?: number;
  /** The shop authorises at checkout and captures when it ships. */
  readonly capture?: 'later';
  /** Its workflow tasks are crash points too. */
  readonly tasks?: boolean;
  /** Its provider treats every order otherwise. */
  readonly provider?: {
    readonly before: (shop: Shop) => Promise<void>;
    /** When every order has been driven. */
    readonly after: (shop: Shop) => Promise<void>;
  };
  /** Places the order and does what customer, provider and shop do with it. May return before the order's end. */
  drive(shop: Shop, placing: Placing): Promise<void>;
}

export const placing = (key: string): Placing => ({ key, orderId: orderIdOf(DEVELOPMENT_CLIENT, key) });

export const order = (method: string, sku = 'item-1', quantity = 1): OrderRequest => ({
  customer: { email: 'ada@example.com', name: 'Ada' },
  currency: 'EUR',
  lines: [{ sku, quantity }],
  payment: { method },
});

const AUTHENTICATION = 'pm_card_authenticationRequired';

export const SCENARIOS: readonly Scenario[] = [
  {
    title: 'paid by card',
    reaches: ['reserveStock', 'chargePayment', 'confirmOrder', 'notify'],
    ends: 'paid',
    tasks: true,
    async drive({ api }, { key }) {
      await api.place(order('pm_card_visa'), key);
    },
  },
  {
    title: 'paid after 3-D Secure',
    reaches: ['recordWaiting', 'retrievePayment'],
    ends: 'paid',
    tasks: true,
    async drive(shop, { key, orderId }) {
      await shop.api.place(order(AUTHENTICATION), key);
      await authenticate(shop, orderId, 'succeeded');
    },
  },
  {
    title: 'cancelled while the customer authenticates',
    reaches: ['voidPayment', 'releaseStock'],
    ends: 'cancelled',
    tasks: true,
    async drive({ api }, { key, orderId }) {
      await api.place(order(AUTHENTICATION), key);
      await api.reaches(orderId, ['awaiting_customer']);
      await api.post(`/v1/orders/${orderId}/cancel`, {});
    },
  },
  {
    title: 'cancelled while it is charged',
    reaches: ['abandonOrder', 'refundPayment'],
    ends: 'cancelled',
    async drive({ api }, { key, orderId }) {
      await api.place(order('pm_sandbox_slow'), key);
      await api.post(`/v1/orders/${orderId}/cancel`, {});
    },
  },
  {
    title: 'cancelled as soon as it is placed',
    reaches: [],
    ends: 'cancelled',
    tasks: true,
    async drive({ api }, { key, orderId }) {
      await api.place(order('pm_card_visa'), key);
      await api.post(`/v1/orders/${orderId}/cancel`, {});
    },
  },
  {
    title: 'declined',
    reaches: ['releaseStock'],
    ends: 'payment_failed',
    async drive({ api }, { key }) {
      await api.place(order('pm_card_chargeDeclined'), key);
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
      await api.place(order('pm_card_visa'), key);
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
      await api.place(order('pm_card_visa', 'item-2', REVIEW_ABOVE + 1), key);
      await api.reaches(orderId, ['in_review']);
      // Until its worker has come to that point again, the order answers that it is not in review.
      await waitThroughFaults(`${orderId} is approved`, async () => {
        await api.post(`/v1/orders/${orderId}/review`, { decision: 'approve' });
        return (await api.order(orderId)).status !== 'in_review';
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
      await api.post(`/v1/orders/${orderId}/cancel`, {});
    },
  },
  {
    title: 'a refund that fails, left out by an operator',
    reaches: ['parkStep', 'resolveStep'],
    ends: 'paid',
    // What was begun before the operator spoke ends first: up to five calls of a provider that refuses them.
    healsWithinMs: 60_000,
    async drive({ api }, { key, orderId }) {
      await paid(api, key, orderId, 'pm_sandbox_refund_fails');
      await refund(api, orderId);
      await waitThroughFaults(
        `a step of ${orderId} is parked`,
        async () => (await api.order(orderId)).attention !== null,
      );
      await api.post(`/v1/orders/${orderId}/attention`, { action: 'skip' });
    },
  },
  {
    title: 'refunded once more, since the refund has come back',
    reaches: ['finishReturnedRefund'],
    ends: 'refunded',
    async drive({ api, provider }, { key, orderId }) {
      const { payment } = await paid(api, key, orderId);
      await refund(api, orderId);
      await api.reaches(orderId, ['refunded']);
      const returned = await provider.refundOf(payment.paymentIntentId ?? '');
      await provider.control(`/refunds/${returned}/fail`);
      await waitThroughFaults(
        `a step of ${orderId} is parked`,
        async () => (await api.order(orderId)).attention !== null,
      );
      await api.post(`/v1/orders/${orderId}/attention`, { action: 'retry' });
    },
  },
  {
    title: 'paid after it was cancelled',
    reaches: ['isLatePayment', 'recordLatePayment'],
    ends: 'cancelled',
    async drive({ api, provider, temporal }, { key, orderId }) {
      await api.place(order(AUTHENTICATION), key);
      const { payment } = await api.reaches(orderId, ['awaiting_customer']);
      await api.post(`/v1/orders/${orderId}/cancel`, {});
      await api.reaches(orderId, ['cancelled']);
      const { paymentIntentId = '' } = payment;
      await provider.control(`/payment_intents/${paymentIntentId}/succeed_late`);
      const late = temporal.workflow.getHandle(latePaymentWorkflowId(orderId, paymentIntentId));
      await waitThroughFaults(
        `the late payment of ${orderId} is looked into`,
        async () => (await late.describe()).runId !== '',
      );
    },
  },
  {
    title: 'captured',
    capture: 'later',
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
    capture: 'later',
    reaches: ['renewAuthorization'],
    ends: 'paid',
    async drive({ api, provider }, { key, orderId }) {
      const { payment } = await paid(api, key, orderId);
      await provider.control(`/payment_intents/${payment.paymentIntentId ?? ''}/expire`);
      await capture(api, orderId);
    },
  },
  {
    title: 'an audit',
    reaches: ['runAudit'],
    ends: undefined,
    // Its silence is noticed after 30 s.
    healsWithinMs: 60_000,
    async drive({ temporal }, { orderId }) {
      await temporal.workflow.start(AUDIT_WORKFLOW, {
        workflowId: auditWorkflowId(orderId),
        taskQueue: TASK_QUEUES.checkout,
        args: [{}],
      });
    },
  },
];

async function paid(api: Api, key: string, orderId: string, method = 'pm_card_visa'): Promise<OrderView> {
  await api.place(order(method), key);
  return api.reaches(orderId, ['paid']);
}

const refund = (api: Api, orderId: string): Promise<Answer> =>
  api.post(`/v1/orders/${orderId}/refunds`, { reason: 'returned' }, { 'idempotency-key': 'whole' });

const capture = (api: Api, orderId: string): Promise<Answer> =>
  api.post(`/v1/orders/${orderId}/capture`, {}, { 'idempotency-key': 'whole' });

/** The customer does at the provider what 3-D Secure asks of them. */
export async function authenticate({ api, provider }: Shop, orderId: string, outcome: string): Promise<void> {
  const { payment } = await api.reaches(orderId, ['awaiting_customer']);
  await provider.control(`/payment_intents/${payment.paymentIntentId ?? ''}/authenticate`, { outcome });
}
