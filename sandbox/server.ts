import { join } from 'node:path';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { controlRoutes } from './control.ts';
import { Faults } from './faults.ts';
import { Journal } from './journal.ts';
import type { Sandbox, SandboxOptions } from './options.ts';
import { Mailbox } from './smtp/mailbox.ts';
import type { MailRecord } from './smtp/mailbox.ts';
import { SmtpReceiver } from './smtp/server.ts';
import { AuthorizationExpiry, expire } from './stripe/authorization-expiry.ts';
import { newId } from './stripe/transaction.ts';
import { parseForm } from './stripe/form.ts';
import { Ledger } from './stripe/ledger.ts';
import type { LedgerEntry } from './stripe/ledger.ts';
import { stripeRoutes } from './stripe/routes.ts';
import { StripeService } from './stripe/service.ts';
import { WebhookSender } from './stripe/webhooks.ts';

export type { Sandbox, SandboxOptions } from './options.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Starts the provider: Stripe's API, a mail server and the endpoints that control them, over the books in `dataDir`.
 * Rejects with `EADDRINUSE` when a port is taken, before it has touched the books.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const logger = options.logger ?? pino({ level: 'silent' });
  const ledger = new Ledger(options.idempotencyTtlMs ?? DAY_MS, options.authorizationMs);
  const mailbox = new Mailbox();
  const faults = new Faults();
  const stopping = new AbortController();
  const books = new Books(options.dataDir, ledger, mailbox, logger);
  const settled = (): Promise<void> => books.payments().settled();
  let url = '';

  const webhooks =
    options.webhookUrl === undefined
      ? undefined
      : new WebhookSender({
          url: options.webhookUrl,
          secret: options.webhookSecret,
          logger,
          event: (id) => ledger.events.get(id),
          onDone: (id) => {
            ledger.apply({ delivered: [id] });
            void books
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
    journal: () => books.payments(),
    slowMs: options.slowMs ?? 8000,
    stopping: stopping.signal,
    delivers: webhooks !== undefined,
    onCommitted: (entry) => {
      webhooks?.send(entry.pending ?? []);
      expiry.note(entry);
    },
  });
  const expiry = new AuthorizationExpiry((id) => {
    service
      .control((draft) => expire(draft, id))
      .catch((error: unknown) => {
        logger.error({ err: error, paymentIntent: id }, 'an authorisation could not be ended');
      });
  });
  const smtp = new SmtpReceiver({
    host: options.host,
    port: options.smtpPort,
    logger,
    keep: (mail) => books.keepMail(mail),
  });
  const app = httpServer(logger, books.ready);
  await app.register((scope, _options, done) => {
    stripeRoutes(scope, { ledger, service, faults, settled });
    done();
  });
  await app.register((scope, _options, done) => {
    controlRoutes(scope, { ledger, service, faults, mailbox, smtp, webhooks, settled });
    done();
  });

  const close = once(async () => {
    stopping.abort();
    expiry.stop();
    webhooks?.stop();
    await Promise.all([app.close(), smtp.close()]);
    await books.close();
  });
  try {
    // The ports first: a second sandbox on the same books stops here, before it could touch them.
    url = await app.listen({ host: options.host, port: options.port });
    const smtpPort = await smtp.listen();
    await books.open();
    webhooks?.send(ledger.pending);
    expiry.start(ledger);
    const smtpUrl = `smtp://${options.host.includes(':') ? `[${options.host}]` : options.host}:${smtpPort}`;
    return { url, smtpUrl, port: Number(new URL(url).port), smtpPort, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The two journals. Requests wait at `ready` until both are read. */
class Books {
  readonly ready: Promise<void>;
  #opened: () => void = () => undefined;
  #payments: Journal<LedgerEntry> | undefined;
  #mails: Journal<MailRecord> | undefined;
  readonly #dataDir: string;
  readonly #ledger: Ledger;
  readonly #mailbox: Mailbox;
  readonly #logger: Logger;

  constructor(dataDir: string, ledger: Ledger, mailbox: Mailbox, logger: Logger) {
    this.#dataDir = dataDir;
    this.#ledger = ledger;
    this.#mailbox = mailbox;
    this.#logger = logger;
    this.ready = new Promise((resolve) => {
      this.#opened = resolve;
    });
  }

  async open(): Promise<void> {
    const onTornLine = (bytes: number): void => {
      this.#logger.warn(
        { bytes },
        'dropped a half-written last line of the journal; it was never acknowledged',
      );
    };
    this.#payments = await Journal.open<LedgerEntry>({
      path: join(this.#dataDir, 'stripe.jsonl'),
      apply: (entry) => {
        this.#ledger.apply(entry);
      },
      snapshot: () => this.#ledger.snapshot(),
      onTornLine,
    });
    this.#mails = await Journal.open<MailRecord>({
      path: join(this.#dataDir, 'mails.jsonl'),
      apply: (mail) => {
        this.#mailbox.apply(mail);
      },
      snapshot: () => this.#mailbox.snapshot(),
      onTornLine,
    });
    this.#opened();
  }

  payments(): Journal<LedgerEntry> {
    if (this.#payments === undefined) throw new Error('the books are not open yet');
    return this.#payments;
  }

  async keepMail(mail: MailRecord): Promise<void> {
    await this.ready;
    await this.#mails?.append(mail);
    this.#mailbox.apply(mail);
  }

  async close(): Promise<void> {
    this.#opened();
    await Promise.all([this.#payments?.close(), this.#mails?.close()]);
  }
}

function httpServer(logger: Logger, ready: Promise<void>): FastifyInstance {
  const app = fastify({
    logger: false,
    genReqId: () => newId('req', 12),
    forceCloseConnections: 'idle',
    keepAliveTimeout: 72_000,
    routerOptions: { querystringParser: parseForm },
  });
  app.addHook('onRequest', () => ready);
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => {
      done(null, parseForm(body.toString()));
    },
  );
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? {} : JSON.parse(body.toString()));
    } catch {
      done(Object.assign(new Error('the body is not JSON'), { statusCode: 400 }), undefined);
    }
  });
  app.addHook('onError', (request, _reply, error, done) => {
    if (!('status' in error) && !('statusCode' in error))
      logger.error({ err: error, method: request.method }, 'a request failed');
    done();
  });
  return app;
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}
