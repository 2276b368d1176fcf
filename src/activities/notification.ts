import { activityInfo, ApplicationFailure, sleep } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import type { ClaimedMail, MailLog } from '../adapters/postgres/mail-log.ts';
import type { NotificationActivities } from '../contracts/temporal/activities.ts';
import type { MailRequest } from '../contracts/http/mail.ts';
import type { Mailer } from '../contracts/ports/mailer.ts';
import { pauseBefore, type Backoff } from '../domain/backoff.ts';
import { permanentFaultsFail } from './database-faults.ts';
import { withHeartbeat } from './heartbeat.ts';
import { renderMail } from './mail-texts.ts';

/**
 * Sends each mail of an order once. The mail log claims a mail before it is sent and marks it as sent afterwards. After a crash in
 * between, the mail is sent again with the same Message-ID: SMTP has no stronger guarantee.
 */
export function createNotificationActivities(
  mails: MailLog,
  mailer: Mailer,
  writeBackoff: Backoff = WRITE_BACKOFF,
): NotificationActivities {
  return {
    notify: (requests) =>
      withHeartbeat(async () => {
        // An attempt within the order's own workflow task must be short: mails that would wait go to task queue `notifications`.
        if (activityInfo().isLocal && mailer.busy()) throw mailerBusy();
        const wanted = requests.map((request) => ({ ...request, messageId: messageId(request) }));
        const claimed = await permanentFaultsFail(() => mails.claim(wanted));
        const results = await Promise.all(claimed.map((mail) => trySend(mailer, mail)));
        const sent = results.filter(({ error }) => error === undefined).map((result) => result.messageId);
        const failures = results.flatMap(({ messageId: id, error }) =>
          error ? [{ messageId: id, error }] : [],
        );

        if (sent.length > 0)
          await permanentFaultsFail(() => withRetries(() => mails.markSent(sent), writeBackoff));
        if (failures.length > 0) {
          await permanentFaultsFail(() => mails.markFailed(failures));
          throw ApplicationFailure.retryable(
            `${failures.length} of ${requests.length} mails could not be sent`,
            'MailFault',
          );
        }
        return requests.map((request) => ({ ...request, status: 'sent' as const }));
      }),
  };
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

/** Depends on the order, the kind and the part only, so that a mail that is sent again has the same id. */
const messageId = ({ orderId, kind, part = 1 }: MailRequest): string =>
  `<${orderId}.${kind}${part === 1 ? '' : `.${part}`}@durable-checkout.example>`;

async function trySend(mailer: Mailer, mail: ClaimedMail): Promise<{ messageId: string; error?: string }> {
  const { messageId: id, orderId, email, name } = mail;
  const to = name === undefined ? { address: email } : { address: email, name };
  try {
    await mailer.send({ messageId: id, orderId, to, ...renderMail(mail) });
    return { messageId: id };
  } catch (error) {
    // Only the code is kept, because the server's response may quote the address.
    const code = error instanceof Error && 'responseCode' in error ? String(error.responseCode) : 'no answer';
    return { messageId: id, error: code };
  }
}
