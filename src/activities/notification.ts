import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { activityInfo, ApplicationFailure, cancellationSignal } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import type { ClaimedMail, MailLog } from '../adapters/postgres/mail-log.ts';
import type { NotificationActivities } from '../contracts/temporal/activities.ts';
import type { MailKind, MailRequest } from '../contracts/http/mail.ts';
import { MailerBusy, MailRefused, type Mailer } from '../contracts/ports/mailer.ts';
import type { Backoff } from '../domain/backoff.ts';
import type { MailOptions, RenderedMail } from '../mail/lib/rendered-mail.ts';
import { oneLine } from '../mail/lib/safe-text.ts';
import { renderMail } from '../mail/render.ts';
import { permanentFaultsFail } from './database-faults.ts';
import { withHeartbeat } from './heartbeat.ts';
import { LeasedMails, type Send, type SendResult } from './leased-mails.ts';

export interface NotificationParts {
  mails: MailLog;
  mailer: Mailer;
  /** How the shop presents itself in its mails. */
  style: MailStyle;
  /** Gets what goes on after an attempt is over: mails that the server has not answered about, and the record of its answers. */
  inBackground?: (work: Promise<void>) => void;
  leaseMs?: number;
  writeBackoff?: Backoff;
}

export type MailStyle = Omit<MailOptions, 'locale'>;

/** How long a mail is not sent again after its process has died. Longer than a process may be suspended. Milliseconds. */
const LEASE_MS = 45_000;
const WRITE_BACKOFF: Backoff = { firstMs: 1_000, maxMs: 16_000 };
/** The part of the time of an attempt for which it waits for the mail server. The rest is for recording the results. */
const WAITING_SHARE = 0.7;
/** When the next attempt looks at a mail that is being sent, or that had to wait. Milliseconds. */
const RETRY_MS = 3_000;

/**
 * Sends each mail of an order once. The mail log leases a mail to one attempt before it is sent and marks it as sent afterwards. The
 * attempt extends the lease for as long as it sends, also after the time of its activity is over: the next attempts wait for the result.
 * If the process dies meanwhile, the lease runs out and the mail is sent again with the same Message-ID: SMTP has no stronger guarantee.
 */
export function createNotificationActivities({
  mails,
  mailer,
  style,
  inBackground = () => undefined,
  leaseMs = LEASE_MS,
  writeBackoff = WRITE_BACKOFF,
}: NotificationParts): NotificationActivities {
  return {
    notify: (requests) =>
      withHeartbeat(async () => {
        // An attempt within the order's own workflow task must be short: mails that would wait go to task queue `notifications`.
        if (activityInfo().isLocal && mailer.busy())
          throw unsent('MailerBusy', 'The mailer has no free connection', requests);
        const wanted = requests.map((request) => ({
          ...request,
          messageId: mailer.messageId(messageName(request)),
        }));
        const lease = { id: randomUUID(), ms: leaseMs };
        const { claimed, unclaimed } = await permanentFaultsFail(() => mails.claim(wanted, lease));
        const sends = claimed.map((mail) => startToSend(mailer, mail, style));
        const leased = new LeasedMails(mails, lease, sends, writeBackoff);
        const { ended, pending } = await withinAttempt(sends);
        inBackground(leased.recordLater(pending));
        if (ended.length > 0) await permanentFaultsFail(() => leased.record(ended));

        const isIn = (state: string) => (request: MailRequest) =>
          [...ended, ...unclaimed].some((mail) => mail.state === state && isSameMail(mail, request));
        const failed = requests.filter(isIn('failed'));
        const waiting = requests.filter(isIn('busy'));
        const inProgress = requests.filter(
          (request) => isIn('leased')(request) || pending.some(({ mail }) => isSameMail(mail, request)),
        );
        const all = [...failed, ...waiting, ...inProgress];
        if (failed.length > 0)
          throw unsent('MailFault', `${failed.length} of ${requests.length} mails could not be sent`, all);
        if (waiting.length > 0) throw unsent('MailerBusy', 'More mails wait than may be sent soon', all);
        if (inProgress.length > 0) throw unsent('MailInProgress', 'A mail is still being sent', all);
        return requests.map((request) => ({
          ...request,
          status: isIn('refused')(request) ? ('refused' as const) : ('sent' as const),
        }));
      }),
  };
}

/**
 * Some mails were not sent yet, and are sent by the next attempt. Only a `MailFault` is a failure: the others happen many times a second
 * under load and delay a mail by a moment. Their category keeps them out of the log, which has them at level debug, and out of Temporal's
 * failure metrics. The details: the ids of the orders of these mails.
 */
const unsent = (
  type: 'MailFault' | 'MailerBusy' | 'MailInProgress',
  message: string,
  mails: MailRequest[],
): ApplicationFailure =>
  ApplicationFailure.create({
    message,
    type,
    details: [[...new Set(mails.map(({ orderId }) => orderId))]],
    ...(type !== 'MailFault' && {
      category: ApplicationFailureCategory.BENIGN,
      // A local activity is not retried: its mails go to task queue `notifications`.
      ...(activityInfo().isLocal ? { nonRetryable: true } : { nextRetryDelay: RETRY_MS }),
    }),
  });

/** Waits for mails for as long as the attempt may take. Returns the results that are known by then. */
async function withinAttempt(sends: MailSend[]): Promise<{ ended: SendResult[]; pending: MailSend[] }> {
  const { startToCloseTimeoutMs } = activityInfo();
  const results = new Map<MailSend, SendResult>();
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, cancellationSignal()]);
  await Promise.race([
    Promise.all(sends.map(async (send) => results.set(send, await send.result))),
    delay(startToCloseTimeoutMs * WAITING_SHARE, undefined, { signal }).catch(() => undefined),
  ]);
  over.abort();
  return { ended: [...results.values()], pending: sends.filter((send) => !results.has(send)) };
}

const isSameMail = (one: MailRequest, other: MailRequest): boolean =>
  one.orderId === other.orderId && one.kind === other.kind && (one.part ?? 1) === (other.part ?? 1);

/** The mail log keeps the id of the first attempt, so that a mail that is sent again has the same id although the sender has changed. */
const messageName = ({ orderId, kind, part = 1 }: MailRequest): string =>
  `${orderId}.${kind}${part === 1 ? '' : `.${part}`}`;

interface MailSend extends Send {
  mail: MailRequest;
}

function startToSend<K extends MailKind>(mailer: Mailer, mail: ClaimedMail<K>, style: MailStyle): MailSend {
  const stopped = new AbortController();
  return {
    mail,
    messageId: mail.messageId,
    abort: () => {
      stopped.abort();
    },
    result: trySend(mailer, mail, style, stopped.signal),
  };
}

async function trySend<K extends MailKind>(
  mailer: Mailer,
  mail: ClaimedMail<K>,
  style: MailStyle,
  signal: AbortSignal,
): Promise<SendResult> {
  const { messageId: id, orderId, kind, part, email, name, locale, traceparent } = mail;
  const result = { messageId: id, orderId, kind, ...(part !== undefined && { part }) };
  const to = name === undefined ? { address: email } : { address: email, name: oneLine(name) };
  let rendered: RenderedMail;
  try {
    rendered = renderMail<K>(kind, mail, { ...style, locale });
  } catch {
    return { ...result, state: 'refused', error: 'not rendered' };
  }
  try {
    const traced = traceparent === undefined ? {} : { traceparent };
    await mailer.send({ messageId: id, orderId, kind, ...traced, to, ...rendered }, signal);
    return { ...result, state: 'sent' };
  } catch (error) {
    // Only the code is kept, because the server's response may quote the address.
    if (error instanceof MailRefused) return { ...result, state: 'refused', error: String(error.code) };
    if (error instanceof MailerBusy) return { ...result, state: 'busy' };
    const code = error instanceof Error && 'responseCode' in error ? String(error.responseCode) : 'no answer';
    return { ...result, state: 'failed', error: code };
  }
}
