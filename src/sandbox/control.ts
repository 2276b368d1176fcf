import type { FastifyInstance, FastifyRequest } from 'fastify';
import { authenticationRoutes } from './authentication-page.ts';
import type { Faults } from './faults.ts';
import type { Mailbox } from './smtp/mailbox.ts';
import { smtpModes } from './smtp/server.ts';
import type { SmtpReceiver } from './smtp/server.ts';
import type { Draft } from './stripe/draft.ts';
import type { Ledger } from './stripe/ledger.ts';
import { refundsFail } from './stripe/pay.ts';
import type { StripeService } from './stripe/service.ts';

export interface ControlOptions {
  readonly ledger: Ledger;
  readonly service: StripeService;
  readonly faults: Faults;
  readonly mailbox: Mailbox;
  readonly smtp: SmtpReceiver;
  /** Resolves when everything that the books show is on disk. */
  readonly settled: () => Promise<void>;
}

/** `/sandbox`: what a test, an operator of the laptop or an audit asks of the sandbox itself. JSON, no key. */
export function controlRoutes(app: FastifyInstance, options: ControlOptions): void {
  const { ledger, service, faults, mailbox, smtp, settled } = options;

  app.get('/sandbox/health', () => ({ status: 'ok' }));

  app.get('/sandbox/summary', async () => {
    const summary = summarize(ledger, mailbox);
    await settled();
    return summary;
  });

  app.get('/sandbox/mails', (request) => {
    const { messageId, to, orderId, limit, after, bodies } = fields(request.query);
    return mailbox.find(
      { messageId: text(messageId), to: text(to), orderId: text(orderId) },
      { limit: count(limit, 1000, 'limit'), after: text(after), bodies: bodies !== 'false' },
    );
  });

  app.post('/sandbox/smtp', (request) => {
    const { mode } = fields(request.body);
    const found = smtpModes.find((candidate) => candidate === mode);
    if (found === undefined) throw refusal(`mode takes one of ${smtpModes.join(', ')}`);
    smtp.mode = found;
    return { mode: found };
  });

  app.post('/sandbox/faults', (request) => {
    const { latencyMs, failNext } = fields(request.body);
    faults.latencyMs = count(latencyMs, faults.latencyMs, 'latencyMs');
    faults.failNext = count(failNext, faults.failNext, 'failNext');
    return { latencyMs: faults.latencyMs, failNext: faults.failNext };
  });

  app.post('/sandbox/outage', (request) => {
    const { until } = fields(request.body);
    const at = typeof until === 'string' ? Date.parse(until) : Number.NaN;
    if (Number.isNaN(at)) throw refusal('until takes an ISO 8601 time');
    faults.outage.endAt(at);
    return { until: new Date(at).toISOString() };
  });

  app.post('/sandbox/refunds/heal', async () => ({
    healed: await service.control((draft) => heal(draft, ledger)),
  }));

  app.all('/sandbox/*', ({ method, url }, reply) => {
    return reply
      .code(404)
      .send({ error: { message: `the sandbox has no ${method} ${url.split('?')[0] ?? ''}` } });
  });

  authenticationRoutes(app, { ledger, service });
}

/** Refunds of every charge made so far work from now on; a later charge with `pm_sandbox_refund_fails` fails anew. */
function heal(draft: Draft, ledger: Ledger): number {
  const failing = [...ledger.marks].filter((mark) => mark.startsWith(refundsFail('')));
  for (const mark of failing) draft.unmark(mark);
  return failing.length;
}

/** Sums in minor units, over all currencies together. */
function summarize(ledger: Ledger, mailbox: Mailbox): object {
  const byStatus: Record<string, number> = {};
  let captured = 0;
  let refunded = 0;
  for (const { status } of ledger.intents.values()) byStatus[status] = (byStatus[status] ?? 0) + 1;
  for (const { amount_captured } of ledger.charges.values()) captured += amount_captured;
  for (const { amount } of ledger.refunds.values()) refunded += amount;
  const pendingWebhooks = ledger.pending.size;
  return {
    paymentIntents: { total: ledger.intents.size, byStatus },
    captured,
    refunded,
    refunds: ledger.refunds.size,
    mails: mailbox.size,
    pendingWebhooks,
  };
}

export function fields(value: FastifyRequest['body']): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

export function refusal(message: string): Error {
  return Object.assign(new Error(message), { statusCode: 400 });
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function count(value: unknown, fallback: number, name: string): number {
  if (value === undefined || value === '') return fallback;
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw refusal(`${name} takes a whole number, 0 or more`);
}
