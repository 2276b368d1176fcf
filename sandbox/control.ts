import type { FastifyInstance } from 'fastify';
import { authenticationRoutes } from './authentication-page.ts';
import { faultRoutes } from './fault-control.ts';
import type { Faults } from './faults.ts';
import { count, fields, refusal, text } from './fields.ts';
import { paymentRoutes } from './payment-control.ts';
import type { Mailbox } from './smtp/mailbox.ts';
import { smtpModes } from './smtp/server.ts';
import type { SmtpReceiver } from './smtp/server.ts';
import type { Ledger } from './stripe/ledger.ts';
import type { StripeService } from './stripe/service.ts';
import type { WebhookSender } from './stripe/webhooks.ts';

export interface ControlOptions {
  readonly ledger: Ledger;
  readonly service: StripeService;
  readonly faults: Faults;
  readonly mailbox: Mailbox;
  readonly smtp: SmtpReceiver;
  /** Absent without a webhook. */
  readonly webhooks: WebhookSender | undefined;
  /** Resolves when everything that the books show is on disk. */
  readonly settled: () => Promise<void>;
}

/** `/sandbox`: what a test, an operator of the laptop or an audit asks of the sandbox itself. JSON, no key. */
export function controlRoutes(app: FastifyInstance, options: ControlOptions): void {
  const { ledger, service, faults, mailbox, smtp, webhooks, settled } = options;

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

  faultRoutes(app, faults);

  app.post('/sandbox/outage', (request) => {
    const { until } = fields(request.body);
    const at = typeof until === 'string' ? Date.parse(until) : Number.NaN;
    if (Number.isNaN(at)) throw refusal('until takes an ISO 8601 time');
    faults.outage.endAt(at);
    return { until: new Date(at).toISOString() };
  });

  paymentRoutes(app, { ledger, service, webhooks });

  app.all('/sandbox/*', ({ method, url }, reply) => {
    return reply
      .code(404)
      .send({ error: { message: `the sandbox has no ${method} ${url.split('?')[0] ?? ''}` } });
  });

  authenticationRoutes(app, { ledger, service });
}

/** Sums in minor units, over all currencies together. */
function summarize(ledger: Ledger, mailbox: Mailbox): object {
  const byStatus: Record<string, number> = {};
  let captured = 0;
  let refunded = 0;
  for (const { status } of ledger.intents.values()) byStatus[status] = (byStatus[status] ?? 0) + 1;
  for (const { amount_captured } of ledger.charges.values()) captured += amount_captured;
  for (const { amount, status } of ledger.refunds.values()) refunded += status === 'succeeded' ? amount : 0;
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
