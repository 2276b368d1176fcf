import { pino } from 'pino';
import { controlRoutes } from './control/routes.ts';
import { EasyPostSandbox } from './easypost/easypost.ts';
import { easyPostRoutes } from './easypost/routes.ts';
import { createHttpServer } from './http-server.ts';
import { Journals } from './journals.ts';
import type { Sandbox, SandboxOptions } from './options.ts';
import { Mailbox } from './smtp/mailbox.ts';
import { SmtpReceiver } from './smtp/server.ts';
import { AuthorizationExpiry, expire } from './stripe/authorization-expiry.ts';
import { Faults } from './stripe/faults.ts';
import { Ledger } from './stripe/ledger.ts';
import { stripeRoutes } from './stripe/routes.ts';
import { StripeService } from './stripe/service.ts';
import { webhookMessage } from './stripe/webhook-message.ts';
import { WebhookSender } from './webhooks/sender.ts';

export type { Sandbox, SandboxOptions } from './options.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Starts the sandbox: the APIs of Stripe and EasyPost, a mail server and the endpoints that control them, with the journals in `dataDir`.
 *
 * @throws an error with the code `EADDRINUSE` if a port is used by another process; then the journals have not been opened
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const logger = options.logger ?? pino({ level: 'silent' });
  const ledger = new Ledger(options.idempotencyTtlMs ?? DAY_MS, options.authorizationMs, options.searchLagMs);
  const mailbox = new Mailbox();
  const faults = new Faults();
  const stopping = new AbortController();
  let url = '';
  const easypost: EasyPostSandbox = new EasyPostSandbox({
    webhookUrl: options.easypostWebhookUrl,
    webhookSecret: options.easypostWebhookSecret ?? '',
    stepMs: options.trackerStepMs ?? 0,
    slowMs: options.slowMs ?? 8000,
    journal: () => journals.shipments(),
    baseUrl: () => url,
    stopping: stopping.signal,
    logger,
  });
  const journals: Journals = new Journals(
    options.dataDir,
    { ledger, mailbox, easypost: easypost.ledger },
    logger,
  );
  const flushed = (): Promise<void> => journals.payments().flushed();

  const webhooks =
    options.webhookUrl === undefined
      ? undefined
      : new WebhookSender({
          url: options.webhookUrl,
          logger,
          event: (id) => ledger.events.get(id),
          message: (event) => webhookMessage(event, options.webhookSecret),
          createdAt: ({ created }) => created * 1000,
          onDone: (id) => {
            ledger.apply({ delivered: [id] });
            void journals
              .payments()
              .append({ delivered: [id] })
              .catch(() => undefined);
          },
        });
  const service = new StripeService({
    ledger,
    faults,
    baseUrl: () => url,
    multicapture: options.multicapture ?? true,
    journal: () => journals.payments(),
    slowMs: options.slowMs ?? 8000,
    stopping: stopping.signal,
    hasWebhook: webhooks !== undefined,
    onCommitted: (entry) => {
      webhooks?.send(entry.pending ?? []);
      expiry.watch(entry);
    },
  });
  const expiry = new AuthorizationExpiry((id) => {
    service
      .control((transaction) => expire(transaction, id))
      .catch((error: unknown) => {
        logger.error({ err: error, paymentIntent: id }, 'sandbox could not expire an authorization');
      });
  });
  const smtp = new SmtpReceiver({
    host: options.host,
    port: options.smtpPort,
    logger,
    store: (mail) => journals.storeMail(mail),
  });
  const app = createHttpServer(logger, journals.ready);
  await app.register((scope, _options, done) => {
    stripeRoutes(scope, { ledger, service, faults, flushed });
    done();
  });
  await app.register(
    (scope, _options, done) => {
      easyPostRoutes(scope, easypost);
      done();
    },
    { prefix: '/v2' },
  );
  await app.register((scope, _options, done) => {
    controlRoutes(scope, { ledger, service, faults, mailbox, smtp, webhooks, easypost, flushed });
    done();
  });

  const close = once(async () => {
    stopping.abort();
    expiry.stop();
    webhooks?.stop();
    easypost.stop();
    await Promise.all([app.close(), smtp.close()]);
    await journals.close();
  });
  try {
    // The ports are opened before the journals: a second sandbox on the same data fails here, before it opens them.
    url = await app.listen({ host: options.host, port: options.port });
    const smtpPort = await smtp.listen();
    await journals.open();
    webhooks?.send(ledger.pending);
    expiry.start(ledger);
    easypost.start();
    const smtpUrl = `smtp://${options.host.includes(':') ? `[${options.host}]` : options.host}:${smtpPort}`;
    return { url, smtpUrl, port: Number(new URL(url).port), smtpPort, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}
