import { activityInfo, ApplicationFailure, cancellationSignal, sleep } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import type { ClaimedMail, MailLog } from '../adapters/postgres/mail-log.ts';
import type { NotificationActivities } from '../contracts/temporal/activities.ts';
import type { MailKind, MailRequest } from '../contracts/http/mail.ts';
import { MAIL_REFUSED_FAILURE } from '../contracts/temporal/messages.ts';
import { MailRefused, type Mailer } from '../contracts/ports/mailer.ts';
import { pauseBefore, type Backoff } from '../domain/backoff.ts';
import type { MailOptions, RenderedMail } from '../mail/lib/rendered-mail.ts';
import { oneLine } from '../mail/lib/safe-text.ts';
import { renderMail } from '../mail/render.ts';
import { permanentFaultsFail } from './database-faults.ts';
import { withHeartbeat } from './heartbeat.ts';

export interface NotificationParts {
  mails: MailLog;
  mailer: Mailer;
  /** How the shop presents itself in its mails. */
  style: MailStyle;
  writeBackoff?: Backoff;
}

export type MailStyle = Omit<MailOptions, 'locale'>;

/**
 * Sends each mail of an order once. The mail log claims a mail before it is sent and marks it as sent afterwards. After a crash in
 * between, the mail is sent again with the same Message-ID: SMTP has no stronger guarantee.
 */
export function createNotificationActivities({
  mails,
  mailer,
  style,
  writeBackoff = WRITE_BACKOFF,
}: NotificationParts): NotificationActivities {
  return {
    notify: (requests) =>
      withHeartbeat(async () => {
        // An attempt within the order's own workflow task must be short: mails that would wait go to task queue `notifications`.
        if (activityInfo().isLocal && mailer.busy()) throw mailerBusy();
        const wanted = requests.map((request) => ({
          ...request,
          messageId: mailer.messageId(messageName(request)),
        }));
        const claimed = await permanentFaultsFail(() => mails.claim(wanted));
        const results = await Promise.all(claimed.map((mail) => trySend(mailer, mail, style)));
        const sent = results.filter(({ error }) => error === undefined).map((result) => result.messageId);
        const failures = results.filter(isFailure);

        if (sent.length > 0)
          await permanentFaultsFail(() => withRetries(() => mails.markSent(sent), writeBackoff));
        if (failures.length > 0) {
          await permanentFaultsFail(() => mails.markFailed(failures));
          throw failureOf(failures, requests.length);
        }
        return requests.map((request) => ({ ...request, status: 'sent' as const }));
      }),
  };
}

/** A mail that cannot be sent, now or ever. It is retried if another one of the same call may be sent later. */
function failureOf(failures: Failure[], all: number): ApplicationFailure {
  if (!failures.every(({ permanent }) => permanent))
    return ApplicationFailure.retryable(`${failures.length} of ${all} mails could not be sent`, 'MailFault');
  const errors = [...new Set(failures.map(({ error }) => error))].join(', ');
  return ApplicationFailure.nonRetryable(
    `${failures.length} of ${all} mails can never be sent: ${errors}`,
    MAIL_REFUSED_FAILURE,
    [...new Set(failures.map(({ orderId }) => orderId))],
  );
}

/**
 * Under load this happens many times a second and delays a mail by a moment. Its category keeps it out of the log, which has it at
 * level debug, and out of Temporal's failure metrics.
 */
const mailerBusy = (): ApplicationFailure =>
  ApplicationFailure.create({
    message: 'The mailer has no free connection',
    type: 'MailerBusy',
    nonRetryable: true,
    category: ApplicationFailureCategory.BENIGN,
  });

const MAX_WRITE_ATTEMPTS = 6;
const WRITE_BACKOFF: Backoff = { firstMs: 1_000, maxMs: 16_000 };

/**
 * Repeats a write for up to half a minute. The mails have been sent by then, and must not be sent again because the database was
 * unavailable for a moment. The heartbeat goes on meanwhile.
 */
async function withRetries(write: () => Promise<void>, backoff: Backoff): Promise<void> {
  for (let retries = 0; ; retries += 1) {
    try {
      await write();
      return;
    } catch (error) {
      if (retries + 1 >= MAX_WRITE_ATTEMPTS) throw error;
      await sleep(pauseBefore(retries, backoff));
    }
  }
}

/** The mail log keeps the id of the first attempt, so that a mail that is sent again has the same id although the sender has changed. */
const messageName = ({ orderId, kind, part = 1 }: MailRequest): string =>
  `${orderId}.${kind}${part === 1 ? '' : `.${part}`}`;

interface Result {
  orderId: string;
  messageId: string;
  error?: string;
  permanent?: boolean;
}
type Failure = Result & { error: string };

const isFailure = (result: Result): result is Failure => result.error !== undefined;

async function trySend<K extends MailKind>(
  mailer: Mailer,
  mail: ClaimedMail<K>,
  style: MailStyle,
): Promise<Result> {
  const { messageId: id, orderId, kind, email, name, locale } = mail;
  const result = { messageId: id, orderId };
  const to = name === undefined ? { address: email } : { address: email, name: oneLine(name) };
  let rendered: RenderedMail;
  try {
    rendered = renderMail<K>(kind, mail, { ...style, locale });
  } catch {
    return { ...result, error: 'not rendered', permanent: true };
  }
  try {
    // The next attempt sends the mail: this one must not do so, too, after its time is over.
    await mailer.send({ messageId: id, orderId, to, ...rendered }, cancellationSignal());
    return result;
  } catch (error) {
    // Only the code is kept, because the server's response may quote the address.
    if (error instanceof MailRefused) return { ...result, error: String(error.code), permanent: true };
    const code = error instanceof Error && 'responseCode' in error ? String(error.responseCode) : 'no answer';
    return { ...result, error: code };
  }
}
