import type { CodeChange } from '../support/changed-workflows.ts';

/** A change of the workflow code that breaks running workflows, and a recorded history whose replay must fail with it. */
export interface BreakingChange extends CodeChange {
  what: string;
  caughtBy: string;
}

export const BREAKING_CHANGES: readonly BreakingChange[] = [
  {
    what: 'a payment reversed before the order is abandoned',
    file: 'process-order.ts',
    from: 'if (await isAlreadyPaid(context)) return paid();',
    to: '',
    caughtBy: 'cancelled_while_charging',
  },
  {
    what: 'the charge before the reservation',
    file: 'process-order.ts',
    from: '  const reserved =\n',
    to: `  await new PaymentProcess(context).settle(
    { orderId: order.orderId, status: 'reserved', total: 1_000, currency: 'EUR' },
    { isLocal: false, mayHaveCharged: false });
  const reserved =
`,
    caughtBy: 'paid',
  },
  {
    what: 'the stock released before the payment is reversed',
    file: 'lib/saga.ts',
    from: '.splice(0).reverse()',
    to: '.splice(0)',
    caughtBy: 'declined',
  },
  {
    what: 'no mail to the customer',
    file: 'lib/progress.ts',
    from: "this.#notifier.send(this.#createdSent ? ['paid'] : ['created', 'paid']);",
    to: '',
    caughtBy: 'free',
  },
  {
    what: 'no deadline for the customer',
    file: 'payment-attempt.ts',
    from: `new Timer(
      Math.max(position.customerUntil - currentTimeMs(), 1),
      'Deadline for the customer to authenticate',
    )`,
    to: '{ fired: false, cancel() {} }',
    caughtBy: 'open_awaiting_customer',
  },
  {
    what: 'no deadline for the reviewer',
    file: 'review.ts',
    from: "new Timer(Math.max(position.reviewUntil - currentTimeMs(), 1), 'Deadline of the review')",
    to: '{ fired: false, cancel() {} }',
    caughtBy: 'open_in_review',
  },
  {
    what: 'the charge before the review',
    file: 'process-order.ts',
    from: '    const refused = policy.review &&',
    to: `    await new PaymentProcess(context).settle(reserved, { isLocal: false, mayHaveCharged: false });
    const refused = policy.review &&`,
    caughtBy: 'reviewed_approved',
  },
  {
    what: 'a refund that is finished before it is made',
    file: 'operations/refund.ts',
    from: '    const end = await steps.retryUntilDoneOrSkipped(',
    to: `    await finishRefund([{ orderId, refundId, status: 'succeeded' }]);
    const end = await steps.retryUntilDoneOrSkipped(`,
    caughtBy: 'refunded',
  },
  {
    what: 'the stock returned before the money',
    file: 'operations/cancellation.ts',
    from: '    const settlement: CancellationSettlement = { orderId, reason, ...(actor && { actor }) };',
    to: `    const settlement: CancellationSettlement = { orderId, reason, ...(actor && { actor }) };
    await finishCancellation([settlement]);`,
    caughtBy: 'cancelled_after_paid',
  },
  {
    what: 'an expired authorisation that is not renewed',
    file: 'operations/authorization.ts',
    from: '    await this.#renew();',
    to: '',
    caughtBy: 'capture_of_expired_authorization',
  },
  {
    what: 'a late payment that is kept',
    file: 'operations/late-payment.ts',
    from: "if (!isLate) return 'kept';",
    to: "return 'kept';",
    caughtBy: 'late_payment_refunded',
  },
  {
    what: 'a second payment that no workflow looks into',
    file: 'checkout.ts',
    from: '[...requests.paymentIntentIds()]',
    to: '[...new Set<string>()]',
    caughtBy: 'second_payment_refunded',
  },
  {
    what: 'a group that sends its mails before it charges',
    file: 'checkout-group.ts',
    from: '    if (toCharge.length > 0) await this.#charge(toCharge);',
    to: `    await this.#notify(members);
    if (toCharge.length > 0) await this.#charge(toCharge);`,
    caughtBy: 'group_with_every_settled_status',
  },
  {
    what: 'an order that stays in its group while its customer authenticates',
    file: 'checkout-group.ts',
    from: "if (charged.status !== 'open') member.outcome = charged.status;",
    to: "if (charged.status !== 'open' || Date.now() > 0) member.outcome = 'paid';",
    caughtBy: 'group_detaches_order_to_authenticate',
  },
  {
    what: 'a detached order that is charged again',
    file: 'payment.ts',
    from: 'let known = before ? before.outcome : handoff?.charge;',
    to: 'let known: ChargeOutcome | undefined;',
    caughtBy: 'detached_then_authenticated',
  },
  {
    what: 'a first charge that is not a local activity',
    file: 'process-order.ts',
    from: 'total > 0 && !isReviewed;',
    to: 'total > 0 && !isReviewed && Date.now() === 0;',
    caughtBy: 'paid',
  },
  {
    what: 'a mail whose first attempt is not a local activity',
    file: 'lib/notifier.ts',
    from: 'notifyLocally.executeWithOptions({ summary }, [mails])',
    to: 'notify.executeWithOptions({ summary }, [mails])',
    caughtBy: 'free',
  },
  {
    what: 'a parked step that is not recorded',
    file: 'lib/parked-steps.ts',
    from: 'await this.#inTurn(() => parkStep([{ ...this.#keyOf(step), actions, ...report }]));',
    to: '',
    caughtBy: 'parked_then_skipped',
  },
  {
    what: "an operator's action that is not recorded",
    file: 'lib/parked-steps.ts',
    from: `await this.record(step, {
          action,
          ...(note !== undefined && { note }),
          ...(actor && { actor }),
          ...(actionId !== undefined && { actionId }),
        });`,
    to: '',
    caughtBy: 'parked_then_retried',
  },
];
