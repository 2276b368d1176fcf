import type { FastifyInstance, FastifyReply } from 'fastify';
import { count, fields, refusal, text } from './fields.ts';
import { expire } from './stripe/authorization-expiry.ts';
import type { Transaction } from './stripe/transaction.ts';
import { succeedLate } from './stripe/intent-late.ts';
import type { Ledger } from './stripe/ledger.ts';
import { refundsFail } from './stripe/pay.ts';
import type { EventRecord, LedgerRecord } from './stripe/records.ts';
import { failRefund } from './stripe/refunds.ts';
import { render } from './stripe/render.ts';
import type { StripeService } from './stripe/service.ts';
import type { WebhookSender } from './stripe/webhooks.ts';

export interface PaymentControlOptions {
  readonly ledger: Ledger;
  readonly service: StripeService;
  /** Absent without a webhook. */
  readonly webhooks: WebhookSender | undefined;
}

/** What happens to a payment at the bank and at Stripe without the shop asking for it. Answers the changed object. */
export function paymentRoutes(
  app: FastifyInstance,
  { ledger, service, webhooks }: PaymentControlOptions,
): void {
  app.post<Named>('/sandbox/payment_intents/:id/expire', async ({ params: { id } }, reply) =>
    answer(await service.control((draft) => expire(draft, id)), reply, 'The payment holds no money.'),
  );

  app.post<Named>('/sandbox/payment_intents/:id/succeed_late', async ({ params: { id } }, reply) =>
    answer(
      await service.control((draft) => succeedLate(draft, id)),
      reply,
      'The payment has succeeded before.',
    ),
  );

  app.post<Named>('/sandbox/refunds/:id/fail', async ({ params: { id }, body }, reply) => {
    const reason = text(fields(body)['reason']) ?? 'expired_or_canceled_card';
    const failed = await service.control((draft) => failRefund(draft, id, reason));
    return answer(failed, reply, 'The refund has not succeeded.');
  });

  app.post('/sandbox/refunds/heal', async () => ({
    healed: await service.control((draft) => heal(draft, ledger)),
  }));

  app.post('/sandbox/webhooks/resend', async ({ body }) => {
    const { paymentIntentId, times, reverse } = fields(body);
    if (webhooks === undefined) throw refusal('the sandbox has no webhook; SANDBOX_WEBHOOK_URL names one');
    const events = eventsOf(ledger, text(paymentIntentId));
    if (reverse === true) events.reverse();
    const rounds = Array.from({ length: count(times, 1, 'times') }, () => events).flat();
    return { sent: rounds.length, accepted: await webhooks.resend(rounds) };
  });
}

interface Named {
  Params: { id: string };
}

function answer(changed: LedgerRecord | undefined, reply: FastifyReply, why: string): object {
  return changed === undefined ? reply.code(409).send({ error: { message: why } }) : render(changed);
}

/** Refunds of every charge made so far work from now on; a later charge with `pm_sandbox_refund_fails` fails anew. */
function heal(draft: Transaction, ledger: Ledger): number {
  const failing = [...ledger.marks].filter((mark) => mark.startsWith(refundsFail('')));
  for (const mark of failing) draft.unmark(mark);
  return failing.length;
}

/** Those of a payment, its charges and its refunds, or all; oldest first. */
function eventsOf(ledger: Ledger, paymentIntentId: string | undefined): EventRecord[] {
  const events = [...ledger.events.values()];
  if (paymentIntentId === undefined) return events;
  return events.filter(({ subject }) => intentOf(subject) === paymentIntentId);
}

const intentOf = (record: LedgerRecord): string =>
  record.object === 'payment_intent' ? record.id : record.payment_intent;
