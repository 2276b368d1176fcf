import type { MailLog } from '../adapters/postgres/mail-log.ts';
import type { MailKind } from '../contracts/http/mail.ts';
import type { Families } from './families.ts';

/** Mails of attempts that have ended without a record, as when PostgreSQL was away, are forgotten beyond this number. */
const MAX_MAILS_IN_PROGRESS = 10_000;

/** Counts the attempts to send a mail when the log records what became of them. */
export function observeMailLog({ mails, stages }: Pick<Families, 'mails' | 'stages'>, log: MailLog): MailLog {
  const inProgress = new Map<string, { kind: MailKind; began: number }>();
  const notify = stages.labels({ stage: 'notify' });

  function ended(messageId: string, result: 'sent' | 'failed' | 'refused' | 'busy'): void {
    const mail = inProgress.get(messageId);
    if (!mail) return;
    inProgress.delete(messageId);
    mails.inc({ kind: mail.kind, result });
    if (result === 'sent') notify.observe((performance.now() - mail.began) / 1_000);
  }

  return {
    ...log,
    async claim(wanted, lease) {
      const began = performance.now();
      const answer = await log.claim(wanted, lease);
      for (const { messageId, kind } of answer.claimed) inProgress.set(messageId, { kind, began });
      for (const messageId of inProgress.keys()) {
        if (inProgress.size <= MAX_MAILS_IN_PROGRESS) break;
        inProgress.delete(messageId);
      }
      return answer;
    },
    async markSent(messageIds) {
      await log.markSent(messageIds);
      for (const messageId of messageIds) ended(messageId, 'sent');
    },
    async release(messageIds, leaseId) {
      await log.release(messageIds, leaseId);
      for (const messageId of messageIds) ended(messageId, 'busy');
    },
    async markFailed(failures, leaseId) {
      await log.markFailed(failures, leaseId);
      for (const { messageId, permanent } of failures)
        ended(messageId, permanent === true ? 'refused' : 'failed');
    },
  };
}
