import { setTimeout as delay } from 'node:timers/promises';
import { domainToASCII } from 'node:url';
import SMTPPool from 'nodemailer/lib/smtp-pool';
import { MailRefused, type Mailer } from '../../contracts/ports/mailer.ts';
import { createMailRate } from './mail-rate.ts';
import { ComposedMessage, type Sender } from './message.ts';

export interface MailerOptions extends Sender {
  /** `smtp://` or `smtps://`, with credentials if the server requires them. */
  smtpUrl: string;
  /** The most mails a second. Undefined: no limit. */
  ratePerSecond?: number | undefined;
}

export const MAIL_CONNECTIONS = 20;

/** From then on a mail may not be sent while the order's own workflow task waits for it. Milliseconds. */
const BUSY_PAUSE_MS = 1_000;
/**
 * A mail does not wait longer than this for the rate: the attempt of its activity would time out, and the next attempt would send it a
 * second time. Milliseconds.
 */
const MAX_PAUSE_MS = 20_000;

/**
 * Sends mails over a pool of {@link MAIL_CONNECTIONS} connections, which stay open. A mail waits until one of them is free and the rate
 * allows another mail.
 */
export function createMailer({ smtpUrl, from, replyTo, ratePerSecond }: MailerOptions): Mailer {
  const pool = new SMTPPool({
    url: smtpUrl,
    maxConnections: MAIL_CONNECTIONS,
    maxMessages: Infinity,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
  });
  // The rate limit of nodemailer's pool counts a mail when it is sent, so that each idle connection may exceed it.
  const rate = createMailRate(ratePerSecond ?? Infinity, MAX_PAUSE_MS);
  const domain = domainOf(from);
  let inProgress = 0;
  return {
    busy: () => inProgress >= MAIL_CONNECTIONS / 2 || rate.pause() > BUSY_PAUSE_MS,

    messageId: (name) => `<${name}@${domain}>`,

    async send(mail, signal) {
      inProgress += 1;
      try {
        const pauseMs = rate.reserve();
        if (pauseMs === undefined)
          throw new Error(`More mails wait than may be sent within ${MAX_PAUSE_MS / 1_000} s`);
        if (pauseMs > 0) await delay(pauseMs, undefined, signal && { signal });
        await sendMessage(pool, new ComposedMessage(mail, { from, replyTo }), signal);
      } catch (error) {
        const code = refusalCode(error);
        throw code === undefined ? error : new MailRefused(code, { cause: error });
      } finally {
        inProgress -= 1;
      }
    },
    close() {
      pool.close();
    },
  };
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
