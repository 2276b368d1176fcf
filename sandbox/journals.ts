import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Mailbox, MailRecord } from './smtp/mailbox.ts';
import { Journal } from './storage/journal.ts';
import type { Ledger, LedgerEntry } from './stripe/ledger.ts';

/** The journals of the ledger and of the mailbox, in one data folder. */
export class Journals {
  /** Resolves when both journals have been read. */
  readonly ready: Promise<void>;
  #markReady: () => void = () => undefined;
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
      this.#markReady = resolve;
    });
  }

  /** Rebuilds the ledger and the mailbox from the journals. */
  async open(): Promise<void> {
    const onTornLine = (bytes: number): void => {
      this.#logger.warn(
        { bytes },
        'sandbox removed an incomplete last line of the journal, which was never acknowledged',
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
    this.#markReady();
  }

  /** @throws {Error} before {@link open} has resolved */
  payments(): Journal<LedgerEntry> {
    if (this.#payments === undefined) throw new Error('The journal of payments is not open yet.');
    return this.#payments;
  }

  /** Resolves when the mail is in the journal. */
  async storeMail(mail: MailRecord): Promise<void> {
    await this.ready;
    await this.#mails?.append(mail);
    this.#mailbox.apply(mail);
  }

  async close(): Promise<void> {
    this.#markReady();
    await Promise.all([this.#payments?.close(), this.#mails?.close()]);
  }
}
