import { setTimeout as delay } from 'node:timers/promises';
import { domainToASCII } from 'node:url';
import SMTPPool from 'nodemailer/lib/smtp-pool';
import { MailerBusy, MailRefused, type Mailer, type OutgoingMail } from '../../contracts/ports/mailer.ts';
import { createMailRate } from './mail-rate.ts';
import { ComposedMessage, type Sender } from './message.ts';

export interface MailerOptions extends Sender {
  /** `smtp://` or `smtps://`, with credentials if the server requires them. */
  smtpUrl: string;
  /** The most mails a second. Undefined: no limit. */
  ratePerSecond?: number | undefined;
  /** A mail that is not on its way to the server by then was not sent. Default 60 s. Milliseconds. */
  handoverTimeoutMs?: number;
}

export const MAIL_CONNECTIONS = 20;

/** From then on a mail may not be sent while the order's own workflow task waits for it. Milliseconds. */
const BUSY_PAUSE_MS = 1_000;
/** A mail does not wait longer than this for the rate: another process may be free earlier. Milliseconds. */
const MAX_PAUSE_MS = 20_000;
/** How long a mail waits for a connection and for the server to be ready for the message. Milliseconds. */
const HANDOVER_TIMEOUT_MS = 60_000;
/**
 * The server may deliver the message before it answers. Whoever gives up earlier sends the mail again, although it was delivered: RFC
 * 5321, section 4.5.3.2.6, asks for ten minutes. Milliseconds.
 */
const SOCKET_TIMEOUT_MS = 600_000;

/**
 * Sends mails over a pool of {@link MAIL_CONNECTIONS} connections, which stay open. A mail waits until one of them is free and the rate
 * allows another mail.
 */
export function createMailer({
  smtpUrl,
  from,
  replyTo,
  ratePerSecond,
  handoverTimeoutMs = HANDOVER_TIMEOUT_MS,
}: MailerOptions): Mailer {
  const pool = new SMTPPool({
    url: smtpUrl,
    maxConnections: MAIL_CONNECTIONS,
    maxMessages: Infinity,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: SOCKET_TIMEOUT_MS,
  });
  // The rate limit of nodemailer's pool counts a mail when it is sent, so that each idle connection may exceed it.
  const rate = createMailRate(ratePerSecond ?? Infinity, MAX_PAUSE_MS);
  const domain = domainOf(from);
  let inProgress = 0;
  const stopping = new AbortController();
  const sending = new Set<Promise<void>>();

  async function send(mail: OutgoingMail, signal?: AbortSignal): Promise<void> {
    inProgress += 1;
    const limit = new SendLimit(handoverTimeoutMs, stopping.signal, signal);
    try {
      const pauseMs = rate.reserve();
      if (pauseMs === undefined)
        throw new MailerBusy(`More mails wait than may be sent within ${MAX_PAUSE_MS / 1_000} s`);
      if (pauseMs > 0) await delay(pauseMs, undefined, { signal: limit.signal });
      limit.start();
      const message = new ComposedMessage(mail, { from, replyTo }, () => {
        limit.handedOver();
      });
      await sendMessage(pool, message, limit.signal);
    } catch (error) {
      if (limit.isStopped) throw new MailerBusy('The process ends', { cause: error });
      const code = refusalCode(error);
      throw code === undefined ? error : new MailRefused(code, { cause: error });
    } finally {
      limit.clear();
      inProgress -= 1;
    }
  }

  return {
    busy: () => inProgress >= MAIL_CONNECTIONS / 2 || rate.pause() > BUSY_PAUSE_MS,

    messageId: (name) => `<${name}@${domain}>`,

    send(mail, signal) {
      const sent = send(mail, signal).finally(() => sending.delete(sent));
      sending.add(sent);
      return sent;
    },

    async stop() {
      stopping.abort();
      await Promise.allSettled(sending);
    },

    close() {
      pool.close();
    },
  };
}

/**
 * Ends an attempt to send a mail: soon while the server has not been given the message, and late afterwards; at once when the process
 * ends, unless the server has been given the message; and when its caller aborts it. One signal for each mail: `AbortSignal.any` costs
 * more than everything else here.
 */
class SendLimit {
  readonly #controller = new AbortController();
  readonly #handoverTimeoutMs: number;
  readonly #stopping: AbortSignal;
  readonly #caller: AbortSignal | undefined;
  readonly #onAbort = (): void => {
    this.#controller.abort(this.#caller?.reason);
  };
  readonly #onStop = (): void => {
    this.#stopped = true;
    this.#controller.abort(new Error('The process ends'));
  };
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(handoverTimeoutMs: number, stopping: AbortSignal, caller?: AbortSignal) {
    this.#handoverTimeoutMs = handoverTimeoutMs;
    this.#stopping = stopping;
    this.#caller = caller;
    if (stopping.aborted) this.#onStop();
    else stopping.addEventListener('abort', this.#onStop, { once: true });
    if (caller?.aborted === true) this.#onAbort();
    else caller?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether the mail was not sent because the process ends. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  start(): void {
    this.#timer = this.#after(this.#handoverTimeoutMs);
  }

  handedOver(): void {
    this.#stopping.removeEventListener('abort', this.#onStop);
    clearTimeout(this.#timer);
    this.#timer = this.#after(SOCKET_TIMEOUT_MS);
  }

  clear(): void {
    this.#stopping.removeEventListener('abort', this.#onStop);
    this.#caller?.removeEventListener('abort', this.#onAbort);
    clearTimeout(this.#timer);
  }

  #after(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#controller.abort(new Error(`The mail server has not answered for ${ms / 1_000} s`));
    }, ms);
  }
}

type PoolMessage = Parameters<SMTPPool['send']>[0];

/** Sends a message that is composed already, as nodemailer's own `sendMail` does, which would compose it again. */
function sendMessage(
  pool: SMTPPool,
  message: ComposedMessage,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    pool.send({ message, data: { signal } } as unknown as PoolMessage, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

/** The domain of `Shop <orders@shop.example>`, in ASCII. */
function domainOf(address: string): string {
  const [, domain = 'localhost'] = /@([^\s@<>]+)>?\s*$/.exec(address) ?? [];
  return domainToASCII(domain) || domain;
}

/**
 * The response code with which the server has refused the recipient or the message for good (RFC 5321, section 4.2.1). Refused
 * credentials, a refused sender and a refused connection concern every mail, and end when the server or the configuration is corrected.
 */
function refusalCode(error: unknown): number | undefined {
  if (!(error instanceof Error && 'responseCode' in error && 'command' in error)) return undefined;
  const { responseCode: code, command } = error;
  if (typeof code !== 'number' || code < 500) return undefined;
  return command === 'RCPT TO' || command === 'DATA' ? code : undefined;
}
