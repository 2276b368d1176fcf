import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  defineSignal,
  defineUpdate,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  patched,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { MailRequest } from '../contracts/http/mail.ts';
import { ORDER_STATUS } from '../contracts/temporal/checkout-start-options.ts';
import type { ChargeRequest, CheckoutPolicy, OrderResult } from '../contracts/temporal/checkout.ts';
import {
  DETACH_UPDATE,
  NOT_IN_GROUP_FAILURE,
  PAYMENT_EVENT_SIGNAL,
  type DetachInput,
  type GroupPaymentEventInput,
  type PaymentEventInput,
} from '../contracts/temporal/messages.ts';
import { checkoutWorkflowId } from '../contracts/temporal/names.ts';
import type { GroupInput, GroupResult, Handoff } from '../contracts/temporal/workflows.ts';
import { isDecided } from '../domain/order-status.ts';
import { reviewReasons } from '../domain/review.ts';
import { createGroupMember, isSettledInGroup, mailsOf, type GroupMember } from './group-member.ts';
import { notifyGroup, notifyLocally, reserveStock, settleCharges } from './lib/activities.ts';
import { areMailsRefused, isBenign, isStepFailure, ordersOfUnsentMails } from './lib/failures.ts';
import { invalidInput, isText, membersOf } from './lib/message-input.ts';
import { startDetachedCheckout } from './start-detached-checkout.ts';
import { startLatePayment } from './start-late-payment.ts';

export const detachUpdate = defineUpdate<boolean, [DetachInput]>(DETACH_UPDATE);
export const groupPaymentEventSignal = defineSignal<[GroupPaymentEventInput]>(PAYMENT_EVENT_SIGNAL);

/**
 * Orders that arrived together: one activity reserves the stock of all, one charges them, and one sends their mails. Each
 * order has its own outcome and is as durable as one with a workflow of its own. An order that is not simply paid, declined
 * or out of stock is detached: it continues in its own `checkout`, which retries and waits where a group does not.
 */
export function checkoutGroup({ orders, policy, epochs = {} }: GroupInput): Promise<GroupResult> {
  const members = orders.map((order) => createGroupMember(order, epochs[order.orderId]));
  const group = new Group(members, policy);
  return CancellationScope.nonCancellable(async () => {
    await group.process();
    await group.forwardPaymentEvents();
    await condition(allHandlersFinished);
    await group.forwardPaymentEvents();
    return group.result();
  });
}

/** What the group knows of an order's payment when it hands the order over. */
type KnownPayment = Pick<Handoff, 'mayHaveCharged' | 'charge'>;

const NOT_CHARGED: KnownPayment = { mayHaveCharged: false };

/** Since 0.3. */
const SHOW_SKIPPED_ORDERS = 'show-skipped-orders';

class Group {
  readonly #members: ReadonlyMap<string, GroupMember>;
  readonly #policy: CheckoutPolicy;
  readonly #workflowId = workflowInfo().workflowId;
  readonly #detachments: Promise<void>[] = [];
  #cancelled = false;

  constructor(members: GroupMember[], policy: CheckoutPolicy) {
    this.#members = new Map(members.map((member) => [member.order.orderId, member]));
    this.#policy = policy;

    setHandler(groupPaymentEventSignal, (input: unknown) => {
      const { orderId, paymentIntentId } = membersOf(input);
      const member = isText(orderId) ? this.#members.get(orderId) : undefined;
      if (member && isText(paymentIntentId)) member.paymentEvents.push(paymentIntentId);
      else log.warn('group ignores a payment event that names no order of it, or no payment');
    });
    setHandler<boolean, [DetachInput], typeof detachUpdate>(
      detachUpdate,
      ({ orderId }) =>
        CancellationScope.nonCancellable(async () => {
          const member = this.#member(orderId);
          member.detachRequested = true;
          await condition(() => member.outcome !== undefined);
          return member.outcome === 'detached';
        }),
      {
        validator: (input: unknown) => {
          const { orderId } = membersOf(input);
          if (!isText(orderId)) throw invalidInput('The update needs the id of an order');
          if (!this.#members.has(orderId))
            throw ApplicationFailure.nonRetryable(
              `Order ${orderId} is not in group ${this.#workflowId}`,
              NOT_IN_GROUP_FAILURE,
            );
        },
      },
    );
    // A cancellation of the workflow, as from the Temporal UI, cancels every order. Only an order's own workflow can do that.
    CancellationScope.current().cancelRequested.catch((error: unknown) => {
      if (!isCancellation(error)) throw error;
      this.#cancelled = true;
    });
  }

  async process(): Promise<void> {
    const members = [...this.#members.values()];
    const reserved = await attempt('reserveStock', () =>
      reserveStock(
        members.map(({ order, epoch }) => ({
          ...order,
          workflowId: this.#workflowId,
          epoch,
          ...(this.#policy.allocation && { allocation: this.#policy.allocation }),
        })),
      ),
    );
    if (!reserved) for (const member of members) this.#detach(member, NOT_CHARGED);
    const toCharge = reserved?.filter((result) => this.#isChargedHere(result)) ?? [];
    if (toCharge.length > 0) await this.#charge(toCharge);

    // A child workflow that is started while a local activity runs, such as the mails, starts only after it.
    await this.#allDetached();
    await this.#notify(members.filter(isSettledInGroup));
    await this.#allDetached();
  }

  /** Forwards payment events that arrived after their order was detached or settled. */
  async forwardPaymentEvents(): Promise<void> {
    for (const member of this.#members.values()) {
      while (!member.ownedElsewhere && member.forwardedEvents < member.paymentEvents.length) {
        const paymentIntentId = member.paymentEvents[member.forwardedEvents++] ?? '';
        await this.#forward(member, paymentIntentId);
      }
    }
  }

  result(): GroupResult {
    const result: GroupResult = {};
    for (const { outcome } of this.#members.values())
      if (outcome) result[outcome] = (result[outcome] ?? 0) + 1;
    return result;
  }

  /** Whether the group charges the order. If not, the order is settled already, or is detached. */
  #isChargedHere({ orderId, status, total, ownedBy }: OrderResult): boolean {
    const member = this.#member(orderId);
    const { review } = this.#policy;
    if (ownedBy !== undefined) {
      this.#skip(member, ownedBy);
      // PostgreSQL does not have the order yet. If the other run never starts, the sweep finds the order by this attribute.
      if (status === 'placed' && patched(SHOW_SKIPPED_ORDERS))
        upsertSearchAttributes([{ key: ORDER_STATUS, value: 'placed' }]);
    } else if (isDecided(status)) {
      member.outcome = status;
    } else if (
      status !== 'reserved' ||
      total === 0 ||
      member.detachRequested ||
      this.#cancelled ||
      (review && reviewReasons(member.order.request, total, review).length > 0)
    ) {
      this.#detach(member, NOT_CHARGED);
    } else {
      return true;
    }
    return false;
  }

  async #charge(reserved: OrderResult[]): Promise<void> {
    const charges = reserved.map((result) => this.#chargeRequest(result));
    const settled =
      (await attempt('settleCharges', () => settleCharges(charges))) ??
      charges.map(({ orderId }) => ({ orderId, status: 'open' as const }));
    for (const charged of settled) {
      const member = this.#member(charged.orderId);
      if (charged.status === 'superseded') this.#skip(member);
      else if (charged.status !== 'open') member.outcome = charged.status;
      else
        this.#detach(member, {
          mayHaveCharged: true,
          ...('charge' in charged && { charge: charged.charge }),
        });
    }
  }

  #chargeRequest({ orderId, total, currency }: OrderResult): ChargeRequest {
    const { order, epoch } = this.#member(orderId);
    const { request, placedAt, traceparent } = order;
    const { capture } = this.#policy;
    return {
      orderId,
      epoch,
      attempt: 1,
      amount: total,
      currency,
      paymentMethod: request.payment.method,
      placedAt,
      triedBefore: false,
      ...(capture && { capture }),
      ...(traceparent !== undefined && { traceparent }),
    };
  }

  /** Sends the mails of settled orders. An order whose mail cannot be sent is detached: its own workflow retries the mail. */
  async #notify(members: GroupMember[]): Promise<void> {
    const mails = members.flatMap(mailsOf);
    if (mails.length === 0) return;
    const unsent = await sendMails(mails, `${members.length} orders`);
    for (const member of members)
      if (unsent?.includes(member.order.orderId) ?? true) this.#detach(member, NOT_CHARGED);
  }

  #skip(member: GroupMember, ownedBy?: string): void {
    const { orderId } = member.order;
    log.warn('group skips an order that another workflow owns', { orderId, ownedBy });
    member.outcome = 'detached';
    member.ownedElsewhere = true;
  }

  /** Starts the order's own workflow, in the background. */
  #detach(member: GroupMember, handoff: KnownPayment): void {
    this.#detachments.push(this.#startCheckout(member, handoff));
  }

  async #allDetached(): Promise<void> {
    await Promise.all(this.#detachments.splice(0));
  }

  async #startCheckout(member: GroupMember, handoff: KnownPayment): Promise<void> {
    const { order, epoch, paymentEvents } = member;
    const paymentIntentIds = paymentEvents.slice(member.forwardedEvents);
    member.forwardedEvents = paymentEvents.length;
    await startDetachedCheckout({
      order,
      policy: this.#policy,
      epoch: epoch + 1,
      handoff: {
        workflowId: this.#workflowId,
        paymentIntentIds,
        ...handoff,
        ...(this.#cancelled && { cancelReason: 'workflow_cancelled' }),
      },
    });
    member.outcome ??= 'detached';
  }

  /** To the order's own workflow while it runs; otherwise a workflow is started that looks into the payment. */
  async #forward({ order: { orderId }, outcome }: GroupMember, paymentIntentId: string): Promise<void> {
    if (outcome === 'detached') {
      try {
        const checkout = getExternalWorkflowHandle(checkoutWorkflowId(orderId));
        await checkout.signal<[PaymentEventInput]>(PAYMENT_EVENT_SIGNAL, { paymentIntentId });
        return;
      } catch (error) {
        if (!isStepFailure(error)) throw error;
        log.info('checkout of a detached order has ended; group starts a late payment', { orderId });
      }
    }
    await startLatePayment({ orderId, paymentIntentId });
  }

  #member(orderId: string): GroupMember {
    const member = this.#members.get(orderId);
    if (!member) throw new Error(`Order ${orderId} is not in group ${this.#workflowId}`);
    return member;
  }
}

/** Returns the orders with a mail that was not sent, or `undefined` if any mail may be unsent. */
async function sendMails(mails: MailRequest[], summary: string): Promise<string[] | undefined> {
  let unsent: string[] | undefined;
  for (const activity of [notifyLocally, notifyGroup])
    try {
      await activity.executeWithOptions({ summary }, [mails]);
      return [];
    } catch (error) {
      if (!isStepFailure(error)) throw error;
      log[isBenign(error) ? 'debug' : 'warn']('activity of a group failed', { step: 'notify' });
      unsent = ordersOfUnsentMails(error);
      if (unsent && areMailsRefused(error)) return unsent;
    }
  return unsent;
}

/** Returns `undefined` if the activity has failed after all its retries. */
async function attempt<T>(activity: string, run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (!isStepFailure(error)) throw error;
    log[isBenign(error) ? 'debug' : 'warn']('activity of a group failed', { step: activity });
    return undefined;
  }
}
