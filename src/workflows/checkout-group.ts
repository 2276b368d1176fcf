import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
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
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  ChargeOutcome,
  CheckoutOrder,
  CheckoutPolicy,
  OrderResult,
} from '../contracts/temporal/checkout.ts';
import type { MailRequest } from '../contracts/http/mail.ts';
import type { OrderStatus } from '../contracts/order-status.ts';
import { checkoutStartOptions } from '../contracts/temporal/checkout-start-options.ts';
import {
  CHECKOUT_WORKFLOW,
  checkoutWorkflowId,
  DETACH_UPDATE,
  NOT_IN_GROUP_FAILURE,
  PAYMENT_EVENT_SIGNAL,
  type CheckoutInput,
  type GroupInput,
  type GroupPaymentEventInput,
  type GroupResult,
  type DetachInput,
  type PaymentEventInput,
} from '../contracts/temporal/names.ts';
import { isDecided, isFailed } from '../domain/order-status.ts';
import { reviewReasons } from '../domain/review.ts';
import { startLatePayment } from './start-late-payment.ts';
import { isStepFailure, notify, notifyAtOnce, reserveStock, settleCharges } from './lib/steps.ts';

export const detachUpdate = defineUpdate<boolean, [DetachInput]>(DETACH_UPDATE);
export const groupPaymentEventSignal = defineSignal<[GroupPaymentEventInput]>(PAYMENT_EVENT_SIGNAL);

/**
 * Orders that arrived together: reserved in one step, charged in one, told in one. Each order has its own outcome, and is
 * as durable as one on its own. Whatever is not plainly paid, declined or out of stock goes on in a `checkout` of its own,
 * which has all the patience that a group has not.
 */
export function checkoutGroup({ orders, policy }: GroupInput): Promise<GroupResult> {
  const group = new Group(orders, policy);
  return CancellationScope.nonCancellable(async () => {
    await group.carry();
    await group.forwardPaymentEvents();
    await condition(allHandlersFinished);
    await group.forwardPaymentEvents();
    return group.result();
  });
}

interface Member {
  readonly order: CheckoutOrder;
  /** Payments that news came of, and how many of them whoever has the order now was told of. */
  readonly news: string[];
  newsTold: number;
  /** Somebody wants to do with it what a group cannot. */
  detachRequested: boolean;
  /** It was accepted once more, and is none of ours. */
  elsewhere: boolean;
  end?: OrderStatus | 'detached';
}

/** What is known of an order's payment when it leaves. */
interface Stay {
  charged: boolean;
  charge?: ChargeOutcome;
}

class Group {
  readonly #members: ReadonlyMap<string, Member>;
  readonly #policy: CheckoutPolicy;
  readonly #workflowId = workflowInfo().workflowId;
  readonly #departures: Promise<void>[] = [];
  #cancelled = false;

  constructor(orders: CheckoutOrder[], policy: CheckoutPolicy) {
    this.#members = new Map(
      orders.map((order) => [
        order.orderId,
        { order, news: [], newsTold: 0, detachRequested: false, elsewhere: false },
      ]),
    );
    this.#policy = policy;

    setHandler(groupPaymentEventSignal, ({ orderId, paymentIntentId }) => {
      this.#members.get(orderId)?.news.push(paymentIntentId);
    });
    setHandler<boolean, [DetachInput], typeof detachUpdate>(
      detachUpdate,
      ({ orderId }) =>
        CancellationScope.nonCancellable(async () => {
          const member = this.#member(orderId);
          member.detachRequested = true;
          await condition(() => member.end !== undefined);
          return member.end === 'detached';
        }),
      {
        validator: ({ orderId }) => {
          if (!this.#members.has(orderId))
            throw ApplicationFailure.nonRetryable(orderId, NOT_IN_GROUP_FAILURE);
        },
      },
    );
    // A cancel from the Temporal UI is a cancel of every order, which only a story of its own can undo.
    CancellationScope.current().cancelRequested.catch((error: unknown) => {
      if (!isCancellation(error)) throw error;
      this.#cancelled = true;
    });
  }

  async carry(): Promise<void> {
    const members = [...this.#members.values()];
    const reserved = await attempted('reserveStock', () =>
      reserveStock(members.map(({ order }) => ({ ...order, workflowId: this.#workflowId }))),
    );
    const toCharge = reserved?.filter((answer) => this.#isPlain(answer)) ?? [];
    if (!reserved) for (const member of members) this.#leave(member, { charged: false });
    if (toCharge.length > 0) await this.#charge(toCharge);

    // What is commanded beside a local activity, such as the mails, waits for it.
    await this.#allDeparted();
    await this.#tell(members.filter(({ end }) => end !== undefined && end !== 'detached'));
    await this.#allDeparted();
  }

  async #allDeparted(): Promise<void> {
    await Promise.all(this.#departures.splice(0));
  }

  /** News that came when its order had left, or was settled. */
  async forwardPaymentEvents(): Promise<void> {
    for (const member of this.#members.values()) {
      while (!member.elsewhere && member.newsTold < member.news.length) {
        const paymentIntentId = member.news[member.newsTold++] ?? '';
        await this.#passOn(member, paymentIntentId);
      }
    }
  }

  async #passOn({ order: { orderId }, end }: Member, paymentIntentId: string): Promise<void> {
    if (end === 'detached') {
      try {
        const itself = getExternalWorkflowHandle(checkoutWorkflowId(orderId));
        await itself.signal<[PaymentEventInput]>(PAYMENT_EVENT_SIGNAL, { paymentIntentId });
        return;
      } catch (error) {
        if (!isStepFailure(error)) throw error;
        log.info('an order that has left its group has ended', { orderId });
      }
    }
    await startLatePayment({ orderId, paymentIntentId });
  }

  result(): GroupResult {
    const result: GroupResult = {};
    for (const { end } of this.#members.values()) if (end) result[end] = (result[end] ?? 0) + 1;
    return result;
  }

  /** Whether the order is to be charged here; what has ended is settled, and everything else leaves. */
  #isPlain({ orderId, status, total, ownedBy }: OrderResult): boolean {
    const member = this.#member(orderId);
    const { review } = this.#policy;
    if (ownedBy !== undefined) {
      log.warn('an order of the group was accepted once more, and another workflow has it', { orderId });
      member.end = 'detached';
      member.elsewhere = true;
    } else if (isDecided(status)) {
      member.end = status;
    } else if (
      status !== 'reserved' ||
      total === 0 ||
      this.#detachRequested(member) ||
      (review && reviewReasons(member.order.request, total, review).length > 0)
    ) {
      this.#leave(member, { charged: false });
    } else {
      return true;
    }
    return false;
  }

  async #charge(reserved: OrderResult[]): Promise<void> {
    const { capture } = this.#policy;
    const charges = reserved.map(({ orderId, total, currency }) => {
      const { order } = this.#member(orderId);
      return {
        orderId,
        attempt: 1,
        amount: total,
        currency,
        paymentMethod: order.request.payment.method,
        placedAt: order.placedAt,
        triedBefore: false,
        ...(capture && { capture }),
      };
    });
    const settled =
      (await attempted('settleCharges', () => settleCharges(charges))) ??
      charges.map(({ orderId }) => ({ orderId, status: 'open' as const }));
    for (const outcome of settled) {
      const member = this.#member(outcome.orderId);
      if (outcome.status !== 'open') member.end = outcome.status;
      else this.#leave(member, { charged: true, ...('charge' in outcome && { charge: outcome.charge }) });
    }
  }

  #leave(member: Member, stay: Stay): void {
    this.#departures.push(this.#handOver(member, stay));
  }

  /** From here on the order has a workflow of its own, which takes up where the group has left it. */
  async #handOver(member: Member, stay: Stay): Promise<void> {
    const { order, news } = member;
    const told = news.slice(member.newsTold);
    member.newsTold = news.length;
    const input: CheckoutInput = {
      order,
      policy: this.#policy,
      from: {
        workflowId: this.#workflowId,
        news: told,
        ...stay,
        ...(this.#cancelled && { cancelReason: 'workflow_cancelled' }),
      },
    };
    try {
      await startChild(CHECKOUT_WORKFLOW, {
        ...checkoutStartOptions(order),
        args: [input],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    member.end ??= 'detached';
  }

  /** A mail that does not leave, however often it is tried, is the affair of its own order. */
  async #tell(members: Member[]): Promise<void> {
    const mails = members.flatMap(mailsOf);
    if (mails.length === 0) return;
    const summary = `${members.length} orders`;
    const told =
      (await attempted('notify', () => notifyAtOnce.executeWithOptions({ summary }, [mails]))) ??
      (await attempted('notify', () => notify.executeWithOptions({ summary }, [mails])));
    if (!told) for (const member of members) this.#leave(member, { charged: false });
  }

  #detachRequested({ detachRequested }: Member): boolean {
    return detachRequested || this.#cancelled;
  }

  #member(orderId: string): Member {
    const member = this.#members.get(orderId);
    if (!member) throw new Error('a step answered for an order that is not in the group');
    return member;
  }
}

function mailsOf({ order: { orderId }, end }: Member): MailRequest[] {
  if (end === 'paid')
    return [
      { orderId, kind: 'created' },
      { orderId, kind: 'paid' },
    ];
  return end !== undefined && end !== 'detached' && isFailed(end) ? [{ orderId, kind: end }] : [];
}

/** `undefined`: the step has failed beyond its retries. */
async function attempted<T>(step: string, run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (!isStepFailure(error)) throw error;
    log.warn('a step of a group fails', { step });
    return undefined;
  }
}
