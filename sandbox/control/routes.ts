import type { FastifyInstance } from 'fastify';
import { authenticationRoutes } from './authentication-routes.ts';
import { faultRoutes } from './fault-routes.ts';
import { shippingRoutes } from './shipping-routes.ts';
import type { EasyPostSandbox } from '../easypost/easypost.ts';
import type { Faults } from '../stripe/faults.ts';
import { badRequest, count, fields, text } from './fields.ts';
import { paymentRoutes } from './payment-routes.ts';
import type { Mailbox } from '../smtp/mailbox.ts';
import { SMTP_MODES } from '../smtp/server.ts';
import type { SmtpReceiver } from '../smtp/server.ts';
import type { Ledger } from '../stripe/ledger.ts';
import type { StripeService } from '../stripe/service.ts';
import type { EventRecord } from '../stripe/records.ts';
import type { WebhookSender } from '../webhooks/sender.ts';

export interface ControlOptions {
  readonly ledger: Ledger;
  readonly service: StripeService;
  readonly faults: Faults;
  readonly mailbox: Mailbox;
  readonly smtp: SmtpReceiver;
  /** Undefined if no webhook URL is configured. */
  readonly webhooks: WebhookSender<EventRecord> | undefined;
  readonly easypost: EasyPostSandbox;
  /** Resolves when all changes of the ledger are written to its journal. */
  readonly flushed: () => Promise<void>;
}

/** The control endpoints under `/sandbox`, for tests, audits and developers. They use JSON and need no API key. */
export function controlRoutes(app: FastifyInstance, options: ControlOptions): void {
  const { ledger, service, faults, mailbox, smtp, webhooks, flushed } = options;

  app.get('/sandbox/health', () => ({ status: 'ok' }));

  app.get('/sandbox/summary', async () => {
    const summary = summarize(ledger, mailbox);
    await flushed();
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
    const found = SMTP_MODES.find((candidate) => candidate === mode);
    if (found === undefined) throw badRequest(`mode must be one of ${SMTP_MODES.join(', ')}`);
    smtp.mode = found;
    return { mode: found };
  });

  faultRoutes(app, '/sandbox/faults', faults);

  app.post('/sandbox/outage', (request) => {
    const { until } = fields(request.body);
    const at = typeof until === 'string' ? Date.parse(until) : Number.NaN;
    if (Number.isNaN(at)) throw badRequest('until must be an ISO 8601 time');
    faults.outage.endAt(at);
    return { until: new Date(at).toISOString() };
  });

  paymentRoutes(app, { ledger, service, webhooks });
  shippingRoutes(app, options.easypost);

  app.all('/sandbox/*', ({ method, url }, reply) => {
    return reply
      .code(404)
      .send({ error: { message: `The sandbox has no endpoint ${method} ${url.split('?')[0] ?? ''}.` } });
  });

  authenticationRoutes(app, { ledger, service });
}

/** Returns counts and sums. The sums are in minor units and add up all currencies. */
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
