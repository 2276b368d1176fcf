import { activityInfo, ApplicationFailure, sleep } from '@temporalio/activity';
import type { ClaimedMail, MailLog } from '../adapters/postgres/mail-log.ts';
import type { NotificationActivities } from '../contracts/temporal/activities.ts';
import type { MailRequest } from '../contracts/http/mail.ts';
import type { Mailer } from '../contracts/ports/mailer.ts';
import { pauseBefore } from '../domain/backoff.ts';
import { permanentFaultsFail } from './database-faults.ts';
import { withHeartbeat } from './heartbeat.ts';
import { renderMail } from './mail-texts.ts';

/**
 * One mail an order and kind. It is sent between two rows: claimed before, marked sent after. A crash in between sends
 * it again with the same Message-ID, which is as much as SMTP allows.
 */
export function createNotificationActivities(mails: MailLog, mailer: Mailer): NotificationActivities {
  return {
    notify: (requests) =>
      withHeartbeat(async () => {
        // The try within the order's own task must be short: where mails would queue, their own queue takes over.
        if (activityInfo().isLocal && mailer.busy())
          throw ApplicationFailure.nonRetryable('busy', 'MailerBusy');
        const wanted = requests.map((request) => ({ ...request, messageId: messageId(request) }));
        const claimed = await permanentFaultsFail(() => mails.claim(wanted));
        const results = await Promise.all(claimed.map((mail) => trySend(mailer, mail)));
        const sent = results.filter(({ error }) => error === undefined).map((result) => result.messageId);
        const failures = results.flatMap(({ messageId: id, error }) =>
          error ? [{ messageId: id, error }] : [],
        );

        if (sent.length > 0) await permanentFaultsFail(() => persistently(() => mails.markSent(sent)));
        if (failures.length > 0) {
          await permanentFaultsFail(() => mails.markFailed(failures));
          throw ApplicationFailure.retryable(
            `${failures.length} of ${requests.length} mails did not leave`,
            'MailFault',
          );
        }
        return requests.map((request) => ({ ...request, status: 'sent' as const }));
      }),
  };
}

const TRIES = 6;

/**
 * The mails have left: a database that is away for a moment must not send them twice. Up to half a minute, in which the
 * activity shows by its heartbeat that it is at work.
 */
async function persistently(write: () => Promise<void>): Promise<void> {
  for (let round = 0; ; round += 1) {
    try {
      await write();
      return;
    } catch (error) {
      if (round + 1 >= TRIES) throw error;
      await sleep(pauseBefore(round, { firstMs: 1_000, maxMs: 16_000 }));
    }
  }
}

/** The same for ever for an order and kind (and part). */
const messageId = ({ orderId, kind, part = 1 }: MailRequest): string =>
  `<${orderId}.${kind}${part === 1 ? '' : `.${part}`}@durable-checkout.example>`;

async function trySend(mailer: Mailer, mail: ClaimedMail): Promise<{ messageId: string; error?: string }> {
  const { messageId: id, orderId, email, name } = mail;
  const to = name === undefined ? { address: email } : { address: email, name };
  try {
    await mailer.send({ messageId: id, orderId, to, ...renderMail(mail) });
    return { messageId: id };
  } catch (error) {
    // A server's answer may quote the address: only its code is kept.
    const code = error instanceof Error && 'responseCode' in error ? String(error.responseCode) : 'no answer';
    return { messageId: id, error: code };
  }
}
