import { join } from 'node:path';
import type { Logger } from 'pino';
import type { EasyPostLedger, LedgerEntry as EasyPostEntry } from './easypost/ledger.ts';
import type { Mailbox, MailRecord } from './smtp/mailbox.ts';
import { Journal } from './storage/journal.ts';
import type { Ledger, LedgerEntry } from './stripe/ledger.ts';

export interface Journaled {
  readonly ledger: Ledger;
  readonly mailbox: Mailbox;
  readonly easypost: EasyPostLedger;
}

/** The journals of the ledgers and of the mailbox, in one data folder. */
export class Journals {
  /** Resolves when all journals have been read. */
  readonly ready: Promise<void>;
  #markReady: () => void = () => undefined;
  #payments: Journal<LedgerEntry> | undefined;
  #mails: Journal<MailRecord> | undefined;
  #shipments: Journal<EasyPostEntry> | undefined;
  readonly #dataDir: string;
  readonly #states: Journaled;
  readonly #logger: Logger;

  constructor(dataDir: string, states: Journaled, logger: Logger) {
    this.#dataDir = dataDir;
    this.#states = states;
    this.#logger = logger;
    this.ready = new Promise((resolve) => {
      this.#markReady = resolve;
    });
  }

  /** Rebuilds the ledgers and the mailbox from the journals. */
  async open(): Promise<void> {
    const { ledger, mailbox, easypost } = this.#states;
    const onTornLine = (bytes: number): void => {
      this.#logger.warn(
        { bytes },
        'sandbox removed an incomplete last line of the journal, which was never acknowledged',
      );
    };
    this.#payments = await Journal.open<LedgerEntry>({
      path: join(this.#dataDir, 'stripe.jsonl'),
      apply: (entry) => {
        ledger.apply(entry);
      },
      snapshot: () => ledger.snapshot(),
      onTornLine,
    });
    this.#mails = await Journal.open<MailRecord>({
      path: join(this.#dataDir, 'mails.jsonl'),
      apply: (mail) => {
        mailbox.apply(mail);
      },
      snapshot: () => mailbox.snapshot(),
      onTornLine,
    });
    this.#shipments = await Journal.open<EasyPostEntry>({
      path: join(this.#dataDir, 'easypost.jsonl'),
      apply: (entry) => {
        easypost.apply(entry);
      },
      snapshot: () => easypost.snapshot(),
      onTornLine,
    });
    this.#markReady();
  }

  /** @throws {Error} before {@link open} has resolved */
  payments(): Journal<LedgerEntry> {
    if (this.#payments === undefined) throw new Error('The journal of payments is not open yet.');
    return this.#payments;
  }

  /** @throws {Error} before {@link open} has resolved */
  shipments(): Journal<EasyPostEntry> {
    if (this.#shipments === undefined) throw new Error('The journal of shipments is not open yet.');
    return this.#shipments;
  }

  /** Resolves when the mail is in the journal. */
  async storeMail(mail: MailRecord): Promise<void> {
    await this.ready;
    await this.#mails?.append(mail);
    this.#states.mailbox.apply(mail);
  }

  async close(): Promise<void> {
    this.#markReady();
    await Promise.all([this.#payments?.close(), this.#mails?.close(), this.#shipments?.close()]);
  }
}
