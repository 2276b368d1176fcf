import { setTimeout as delay } from 'node:timers/promises';
import type { MailLease, MailLog } from '../adapters/postgres/mail-log.ts';
import type { MailRequest } from '../contracts/http/mail.ts';
import { pauseBefore, type Backoff } from '../domain/backoff.ts';

/** What became of a mail. `busy`: it was not sent, because too many mails wait. */
export interface SendResult extends MailRequest {
  messageId: string;
  state: 'sent' | 'failed' | 'refused' | 'busy';
  error?: string;
}

export interface Send {
  messageId: string;
  /** Stops to send the mail if the server has not been given it. */
  abort: () => void;
  /** Never rejects. */
  result: Promise<SendResult>;
}

const MAX_WRITE_ATTEMPTS = 6;

/** The mails that one attempt has leased. Their leases are extended until each has a recorded result. */
export class LeasedMails {
  readonly #log: MailLog;
  readonly #lease: MailLease;
  readonly #sends: Map<string, Send>;
  readonly #writeBackoff: Backoff;
  readonly #timer: NodeJS.Timeout;

  constructor(log: MailLog, lease: MailLease, sends: Send[], writeBackoff: Backoff) {
    this.#log = log;
    this.#lease = lease;
    this.#sends = new Map(sends.map((send) => [send.messageId, send]));
    this.#writeBackoff = writeBackoff;
    this.#timer = setInterval(() => void this.#extend(), lease.ms / 4).unref();
    this.#stopIfEnded();
  }

  /** Records results. Repeats this for up to half a minute, so that a sent mail is not sent again. */
  async record(results: SendResult[]): Promise<void> {
    try {
      for (let retries = 0; ; retries += 1) {
        try {
          await this.#write(results);
          return;
        } catch (error) {
          if (retries + 1 >= MAX_WRITE_ATTEMPTS) throw error;
          await delay(pauseBefore(retries, this.#writeBackoff));
        }
      }
    } finally {
      for (const { messageId } of results) this.#sends.delete(messageId);
      this.#stopIfEnded();
    }
  }

  /** Records the other results when they are known, after the attempt is over. Never rejects. */
  async recordLater(sends: Send[]): Promise<void> {
    await Promise.all(
      sends.map(({ result }) =>
        result
          .then((each) => this.record([each]))
          // The lease runs out, and the next attempt sends the mail again.
          .catch(() => undefined),
      ),
    );
  }

  async #write(results: SendResult[]): Promise<void> {
    const idsOf = (state: SendResult['state']): string[] =>
      results.filter((each) => each.state === state).map(({ messageId }) => messageId);
    const sent = idsOf('sent');
    const busy = idsOf('busy');
    const failures = results
      .filter(({ state }) => state === 'failed' || state === 'refused')
      .map(({ messageId, error = '', state }) => ({ messageId, error, permanent: state === 'refused' }));
    if (sent.length > 0) await this.#log.markSent(sent);
    if (busy.length > 0) await this.#log.release(busy, this.#lease.id);
    if (failures.length > 0) await this.#log.markFailed(failures, this.#lease.id);
  }

  async #extend(): Promise<void> {
    const messageIds = [...this.#sends.keys()];
    try {
      const extended = new Set(await this.#log.extend(messageIds, this.#lease));
      // Another attempt has the mail: the database was unavailable for longer than the lease.
      for (const messageId of messageIds) if (!extended.has(messageId)) this.#sends.get(messageId)?.abort();
    } catch {
      // Extended the next time, if the database is available by then.
    }
  }

  #stopIfEnded(): void {
    if (this.#sends.size === 0) clearInterval(this.#timer);
  }
}
