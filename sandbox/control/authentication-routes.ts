import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { digitsOf } from '../stripe/currencies.ts';
import { authenticate } from '../stripe/intent-authenticate.ts';
import type { AuthenticationOutcome } from '../stripe/intent-authenticate.ts';
import { StripeFailure } from '../stripe/failure.ts';
import type { Ledger } from '../stripe/ledger.ts';
import type { PaymentIntentRecord } from '../stripe/records.ts';
import { renderIntent } from '../stripe/render.ts';
import type { StripeService } from '../stripe/service.ts';

const PATH = '/sandbox/payment_intents/:id/authenticate';

/** The page of the bank in 3-D Secure, for a customer in a browser, and as JSON for tests. */
export function authenticationRoutes(
  app: FastifyInstance,
  { ledger, service }: { ledger: Ledger; service: StripeService },
): void {
  app.get(PATH, (request, reply) => {
    const id = idOf(request);
    const intent = ledger.intents.get(id);
    if (intent === undefined)
      return reply.code(404).send({ error: { message: `There is no payment ${id}.` } });
    return reply.type('text/html').send(page(intent));
  });

  app.post(PATH, async (request, reply) => {
    const id = idOf(request);
    const before = ledger.intents.get(id);
    const outcome = outcomeIn(request.body);
    if (before === undefined)
      return reply.code(404).send({ error: { message: `There is no payment ${id}.` } });
    if (outcome === undefined) {
      return reply.code(400).send({ error: { message: 'outcome must be succeeded or failed' } });
    }
    const after = await service.control((transaction) => authenticate(transaction, id, outcome));
    if (isForm(request)) return redirectToShop(reply, before, ledger.intents.get(id) ?? before);
    if (after !== undefined) return renderIntent(after);
    const current = ledger.intents.get(id) ?? before;
    const message = `The payment is ${current.status}: it does not wait for the customer and cannot have this outcome.`;
    return reply.code(409).send({ error: { message, payment_intent: renderIntent(current) } });
  });

  app.setErrorHandler((error, _request, reply) => {
    const status = error instanceof StripeFailure ? error.status : statusOf(error);
    const message = error instanceof Error ? error.message : 'The sandbox failed; the reason is in its log.';
    return reply.code(status).send({ error: { message } });
  });
}

/** Redirects the browser to the shop's `return_url` with the parameters that Stripe adds. */
function redirectToShop(
  reply: FastifyReply,
  before: PaymentIntentRecord,
  after: PaymentIntentRecord,
): FastifyReply {
  const returnUrl = before.next_action?.return_url ?? null;
  if (returnUrl === null || !URL.canParse(returnUrl)) return reply.type('text/html').send(page(after));
  const url = new URL(returnUrl);
  url.searchParams.set('payment_intent', after.id);
  url.searchParams.set('payment_intent_client_secret', after.client_secret);
  url.searchParams.set(
    'redirect_status',
    after.status === 'requires_payment_method' ? 'failed' : 'succeeded',
  );
  return reply.redirect(url.href, 303);
}

function page({ status, amount, currency }: PaymentIntentRecord): string {
  const digits = digitsOf(currency);
  const fraction = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const shown = new Intl.NumberFormat('en', { style: 'currency', currency, ...fraction }).format(
    amount / 10 ** digits,
  );
  const form =
    status === 'requires_action'
      ? `<form method="post"><button name="outcome" value="succeeded">Yes, it is me</button> <button name="outcome" value="failed">Refuse</button></form>`
      : `<p>This payment is ${status.replaceAll('_', ' ')}.</p>`;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Confirm your payment</title><style>body{font:16px/1.5 system-ui;max-width:28rem;margin:4rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 1rem}</style><h1>Confirm your payment</h1><p>The sandbox bank asks: do you want to pay ${shown}?</p>${form}</html>`;
}

function outcomeIn(body: unknown): AuthenticationOutcome | undefined {
  if (typeof body !== 'object' || body === null || !('outcome' in body)) return undefined;
  return body.outcome === 'succeeded' || body.outcome === 'failed' ? body.outcome : undefined;
}

function isForm({ headers }: FastifyRequest): boolean {
  return headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
}

function idOf({ params }: FastifyRequest): string {
  return typeof params === 'object' && params !== null && 'id' in params ? String(params.id) : '';
}

function statusOf(error: unknown): number {
  return error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
}
