import type { ClaimedAlertMail, MailResult, StockAlerts } from '../adapters/postgres/stock-alerts.ts';
import type {
  ClaimedSubscriptionMail,
  StockSubscriptions,
} from '../adapters/postgres/stock-subscriptions.ts';
import {
  MAX_SEND_MS,
  MailerBusy,
  MailRefused,
  type Mailer,
  type OutgoingMail,
} from '../contracts/ports/mailer.ts';
import { pauseBefore, type Backoff } from '../domain/backoff.ts';
import type { MailOptions, RenderedMail } from '../mail/lib/rendered-mail.ts';
import { renderMail } from '../mail/render.ts';
import type { Logger } from '../platform/logging.ts';
import { subscriptionLink } from './links.ts';
import { mailAddress } from './mail-address.ts';

export interface MailSenderOptions {
  alerts: StockAlerts;
  subscriptions: StockSubscriptions;
  mailer: Mailer;
  /** How the shop presents itself in its mails. */
  style: Omit<MailOptions, 'locale'>;
  /** Who is sent alerts. Undefined: nobody. */
  alertsTo: string | undefined;
  /** The address of the API for customers, without a slash at its end. */
  publicUrl: string;
  backoff?: Backoff;
  logger: Logger;
}

export interface MailSender {
  /** Sends mails that are due. Returns whether there may be more. */
  send(): Promise<boolean>;
}

/** Fewer than half of the mailer's connections, so that the mails of orders do not wait for these. */
const MAIL_BATCH_SIZE = 8;
/** Longer than an attempt to send a mail can take. Milliseconds. */
const MAIL_LEASE_MS = MAX_SEND_MS + 60_000;
const MAIL_BACKOFF: Backoff = { firstMs: 60_000, maxMs: 3_600_000 };
/** The code of a mail that was not sent because too many mails wait, or because the process ends. This is no failure. */
const MAILER_BUSY = 'mailer_busy';
const BUSY_RETRY_MS = 3_000;
/** A mail that cannot be sent for this long is given up. Milliseconds. */
const GIVE_UP_MS = 86_400_000;

/** A mail to send, and how its result is recorded. */
interface Task {
  /** For the log. */
  id: string;
  since: string;
  attempts: number;
  compose: () => OutgoingMail;
  settle: (result: MailResult) => Promise<void>;
}

/**
 * Sends each mail once. PostgreSQL claims a mail before it is sent. If the process dies before the result is recorded, the mail is sent
 * again with the same Message-ID: SMTP has no stronger guarantee.
 */
export function createMailSender(options: MailSenderOptions): MailSender {
  const { alerts, subscriptions, mailer, alertsTo, backoff = MAIL_BACKOFF, logger } = options;

  async function run({ id, since, attempts, compose, settle }: Task): Promise<'sent' | 'failed' | 'waits'> {
    const result = await trySend(mailer, compose);
    if (result === undefined) {
      await settle({ sent: true });
      return 'sent';
    }
    const { error, isFinal } = result;
    if (error === MAILER_BUSY) {
      await settle({ sent: false, error, retryInMs: BUSY_RETRY_MS });
      return 'waits';
    }
    const retryInMs = pauseBefore(attempts - 1, backoff);
    const givenUp = isFinal || Date.now() + retryInMs - Date.parse(since) > GIVE_UP_MS;
    await settle({ sent: false, error, ...(!givenUp && { retryInMs }) });
    if (givenUp) logger.warn({ mail: id, error, attempts }, 'the stock alert poller gave up a mail');
    return 'failed';
  }

  async function sendAll(tasks: Task[]): Promise<boolean> {
    const sent = await Promise.all(tasks.map(run));
    const failed = sent.filter((each) => each === 'failed').length;
    if (failed > 0) logger.warn({ mails: failed }, 'the stock alert poller could not send mails');
    return tasks.length === MAIL_BATCH_SIZE;
  }

  async function claimForAlerts(to: string): Promise<Task[]> {
    const claimed = await alerts.claimMails(MAIL_BATCH_SIZE, MAIL_LEASE_MS);
    return claimed.map((mail) => ({
      id: `alert ${mail.alertId}`,
      since: mail.since,
      attempts: mail.attempts,
      compose: () => alertMail(mail, to, options),
      settle: (result) => alerts.settleMail(mail.alertId, result),
    }));
  }

  async function claimForSubscribers(): Promise<Task[]> {
    const claimed = await subscriptions.claimMails(MAIL_BATCH_SIZE, MAIL_LEASE_MS);
    return claimed.map((mail) => ({
      id: mail.subscriptionId,
      since: mail.since,
      attempts: mail.attempts,
      compose: () => subscriptionMail(mail, options),
      settle: (result) => subscriptions.settleMail(mail, result),
    }));
  }

  return {
    async send() {
      const moreAlerts = alertsTo !== undefined && (await sendAll(await claimForAlerts(alertsTo)));
      const moreSubscribers = await sendAll(await claimForSubscribers());
      return moreAlerts || moreSubscribers;
    },
  };
}

/** Returns nothing if the mail was sent. `error` is a code, because the text of the mail server may quote the address. */
async function trySend(
  mailer: Mailer,
  compose: () => OutgoingMail,
): Promise<{ error: string; isFinal: boolean } | undefined> {
  let mail: OutgoingMail;
  try {
    mail = compose();
  } catch {
    return { error: 'not_rendered', isFinal: true };
  }
  try {
    await mailer.send(mail);
    return undefined;
  } catch (error) {
    if (error instanceof MailRefused) return { error: String(error.code), isFinal: true };
    if (error instanceof MailerBusy) return { error: MAILER_BUSY, isFinal: false };
    const code = error instanceof Error && 'responseCode' in error ? String(error.responseCode) : 'no_answer';
    return { error: code, isFinal: false };
  }
}

function alertMail(
  mail: ClaimedAlertMail,
  alertsTo: string,
  { mailer, style }: MailSenderOptions,
): OutgoingMail {
  return {
    messageId: mailer.messageId(nameOf(`stock-alert.${mail.alertId}`, mail.since)),
    to: mailAddress(alertsTo),
    ...parts(renderMail('low_stock', mail, style)),
  };
}

function subscriptionMail(
  mail: ClaimedSubscriptionMail,
  { mailer, style, publicUrl }: MailSenderOptions,
): OutgoingMail {
  const { kind, token, locale } = mail;
  const unsubscribeUrl = subscriptionLink(publicUrl, 'unsubscribe', token);
  const options = { ...style, locale };
  const rendered =
    kind === 'back_in_stock'
      ? renderMail(kind, { ...mail, unsubscribeUrl }, options)
      : renderMail(
          kind,
          { ...mail, unsubscribeUrl, confirmUrl: subscriptionLink(publicUrl, 'confirm', token) },
          options,
        );
  return {
    messageId: mailer.messageId(nameOf(`${mail.subscriptionId}.${kind}`, mail.since)),
    to: { address: mail.email },
    ...parts(rendered),
    unsubscribeUrl,
  };
}

const parts = ({ language, subject, html, text }: RenderedMail) => ({ language, subject, html, text });

/** The same for each attempt to send the mail. */
const nameOf = (mail: string, since: string): string => `${mail}.${Date.parse(since)}`;
