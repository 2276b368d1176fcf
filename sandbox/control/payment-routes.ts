import type { FastifyInstance, FastifyReply } from 'fastify';
import { badRequest, count, fields, text } from './fields.ts';
import { disputeRoutes } from './dispute-routes.ts';
import { expire } from '../stripe/authorization-expiry.ts';
import type { Transaction } from '../stripe/transaction.ts';
import { succeedLate } from '../stripe/intent-late.ts';
import type { Ledger } from '../stripe/ledger.ts';
import { refundsFailMark } from '../stripe/pay.ts';
import type { EventRecord, LedgerRecord } from '../stripe/records.ts';
import { failRefund } from '../stripe/refunds.ts';
import { render } from '../stripe/render.ts';
import { SimulatedAccount, type SimulatedAccountOptions } from '../stripe/simulated-account.ts';
import type { StripeService } from '../stripe/service.ts';
import type { WebhookSender } from '../webhooks/sender.ts';

export interface PaymentControlOptions {
  readonly ledger: Ledger;
  readonly service: StripeService;
  /** Undefined if no webhook URL is configured. */
  readonly webhooks: WebhookSender<EventRecord> | undefined;
}

/** Endpoints that change a payment as a bank or Stripe would without a request of the shop. They return the changed object. */
export function paymentRoutes(
  app: FastifyInstance,
  { ledger, service, webhooks }: PaymentControlOptions,
): void {
  app.post<IdParams>('/sandbox/payment_intents/:id/expire', async ({ params: { id } }, reply) =>
    answer(
      await service.control((transaction) => expire(transaction, id)),
      reply,
      'The payment has no authorization to expire.',
    ),
  );

  app.post<IdParams>('/sandbox/payment_intents/:id/succeed_late', async ({ params: { id } }, reply) =>
    answer(
      await service.control((transaction) => succeedLate(transaction, id)),
      reply,
      'The payment has already succeeded.',
    ),
  );

  app.post<IdParams>('/sandbox/refunds/:id/fail', async ({ params: { id }, body }, reply) => {
    const reason = text(fields(body)['reason']) ?? 'expired_or_canceled_card';
    const failed = await service.control((transaction) => failRefund(transaction, id, reason));
    return answer(failed, reply, 'The refund has not succeeded.');
  });

  app.post('/sandbox/refunds/heal', async () => ({
    healed: await service.control((transaction) => heal(transaction, ledger)),
  }));

  disputeRoutes(app, service);

  app.post('/sandbox/account', ({ body }) => {
    const account = accountOf(fields(body));
    ledger.simulate(new SimulatedAccount(account));
    return account;
  });

  app.post('/sandbox/webhooks/resend', async ({ body }) => {
    const { paymentIntentId, times, reverse } = fields(body);
    if (webhooks === undefined)
      throw badRequest('The sandbox has no webhook URL. Start it with SANDBOX_WEBHOOK_URL.');
    const events = eventsOf(ledger, text(paymentIntentId));
    if (reverse === true) events.reverse();
    const repeated = Array.from({ length: count(times, 1, 'times') }, () => events).flat();
    return { sent: repeated.length, accepted: await webhooks.resend(repeated) };
  });
}

/** A day of payments that ends now, unless the request says otherwise. */
function accountOf(given: Record<string, unknown>): SimulatedAccountOptions {
  const now = Math.floor(Date.now() / 1000);
  const { missing = [] } = given;
  if (!Array.isArray(missing)) throw badRequest('missing must be a list of numbers of orders');
  return {
    payments: count(given['payments'], 0, 'payments'),
    others: count(given['others'], 0, 'others'),
    from: count(given['from'], now - DAY_S, 'from'),
    to: count(given['to'], now, 'to'),
    orderPrefix: text(given['orderPrefix']) ?? 'ord_simulated',
    amount: count(given['amount'], 1000, 'amount'),
    currency: text(given['currency']) ?? 'eur',
    missing: missing.map((number) => count(number, 0, 'missing')),
  };
}

const DAY_S = 24 * 60 * 60;

interface IdParams {
  Params: { id: string };
}

function answer(changed: LedgerRecord | undefined, reply: FastifyReply, reason: string): object {
  return changed === undefined ? reply.code(409).send({ error: { message: reason } }) : render(changed);
}

/** Lets the refunds of all existing charges succeed. Refunds of later charges with `pm_sandbox_refund_fails` fail again. */
function heal(transaction: Transaction, ledger: Ledger): number {
  const failing = [...ledger.marks].filter((mark) => mark.startsWith(refundsFailMark('')));
  for (const mark of failing) transaction.unmark(mark);
  return failing.length;
}

/** Returns the events of a payment, its charges, refunds and disputes, or all events without an id; oldest first. */
function eventsOf(ledger: Ledger, paymentIntentId: string | undefined): EventRecord[] {
  const events = [...ledger.events.values()];
  if (paymentIntentId === undefined) return events;
  return events.filter(({ subject }) => intentOf(subject) === paymentIntentId);
}

const intentOf = (record: LedgerRecord): string =>
  record.object === 'payment_intent' ? record.id : record.payment_intent;
