import { AnswerBook } from './answers.ts';
import type {
  ChargeRecord,
  EventRecord,
  LedgerRecord,
  PaymentIntentRecord,
  RefundRecord,
  StoredResponse,
} from './records.ts';
import { Index, OrderedMap } from './ordered-map.ts';

/** An event as journalled: `subject` is an id when the entry itself puts that version, which spares writing it twice. */
export type EventEntry = Omit<EventRecord, 'subject'> & { readonly subject: string | LedgerRecord };
/** Likewise for a stored answer. */
export type AnswerEntry = Omit<StoredResponse, 'record'> & {
  readonly key: string;
  readonly record?: string | LedgerRecord;
};

/**
 * One line of the journal: an effect, its events and the answer its idempotency key will replay, together. Either all
 * of it happened or none of it.
 */
export interface LedgerEntry {
  readonly put?: readonly LedgerRecord[];
  readonly events?: readonly EventEntry[];
  /** Ids of events that still have to reach the webhook. */
  readonly pending?: readonly string[];
  readonly delivered?: readonly string[];
  readonly answer?: AnswerEntry;
  /** What the sandbox has already done once to somebody: see `payment-methods.ts`. */
  readonly mark?: readonly string[];
  readonly unmark?: readonly string[];
}

/** What Stripe gives a card payment that the customer started (docs.stripe.com/payments/place-a-hold-on-a-payment-method). */
const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

/** The provider's books, in memory. Changed by `apply` alone, which also rebuilds them from the journal. */
export class Ledger {
  readonly intents = new OrderedMap<PaymentIntentRecord>();
  readonly charges = new OrderedMap<ChargeRecord>();
  readonly refunds = new OrderedMap<RefundRecord>();
  readonly events = new OrderedMap<EventRecord>();
  readonly chargesOfIntent = new Index();
  readonly refundsOfCharge = new Index();
  readonly refundsOfIntent = new Index();
  /** By `metadata.order_id`, the search that a shop makes to learn what became of a payment. */
  readonly intentsOfOrder = new Index();
  readonly pending = new Set<string>();
  readonly marks = new Set<string>();
  readonly answers: AnswerBook;
  /** How long a new authorisation lasts, in milliseconds. */
  readonly authorizationMs: number;

  constructor(idempotencyTtlMs: number, authorizationMs = WEEK_MS) {
    this.answers = new AnswerBook(idempotencyTtlMs);
    this.authorizationMs = authorizationMs;
  }

  find(id: string): LedgerRecord | undefined {
    return this.intents.get(id) ?? this.charges.get(id) ?? this.refunds.get(id);
  }

  refundsOf(charge: string): RefundRecord[] {
    return this.refundsOfCharge.get(charge).flatMap((id) => this.refunds.get(id) ?? []);
  }

  apply(entry: LedgerEntry): void {
    for (const record of entry.put ?? []) this.#put(record);
    for (const event of entry.events ?? [])
      this.events.put({ ...event, subject: this.#resolve(event.subject) });
    for (const id of entry.pending ?? []) this.pending.add(id);
    for (const id of entry.delivered ?? []) this.pending.delete(id);
    for (const mark of entry.mark ?? []) this.marks.add(mark);
    for (const mark of entry.unmark ?? []) this.marks.delete(mark);
    if (entry.answer !== undefined) {
      const { key, record, ...answer } = entry.answer;
      this.answers.keep(key, record === undefined ? answer : { ...answer, record: this.#resolve(record) });
    }
  }

  /** The shortest entries that rebuild these books. */
  *snapshot(): Iterable<LedgerEntry> {
    for (const shelf of [this.intents, this.charges, this.refunds]) {
      for (const record of shelf.values()) yield { put: [record] };
    }
    for (const event of this.events.values()) yield { events: [event] };
    yield { pending: [...this.pending], mark: [...this.marks] };
    for (const [key, answer] of this.answers.entries()) yield { answer: { key, ...answer } };
  }

  #resolve(subject: string | LedgerRecord): LedgerRecord {
    if (typeof subject !== 'string') return subject;
    const record = this.find(subject);
    if (record === undefined) throw new Error(`the journal speaks of ${subject} before creating it`);
    return record;
  }

  #put(record: LedgerRecord): void {
    switch (record.object) {
      case 'payment_intent': {
        const order = record.metadata['order_id'];
        const before = this.intents.get(record.id)?.metadata['order_id'];
        this.intents.put(record);
        if (order !== undefined && order !== before) this.intentsOfOrder.add(order, record.id);
        return;
      }
      case 'charge':
        if (this.charges.put(record)) this.chargesOfIntent.add(record.payment_intent, record.id);
        return;
      case 'refund':
        if (this.refunds.put(record)) {
          this.refundsOfCharge.add(record.charge, record.id);
          this.refundsOfIntent.add(record.payment_intent, record.id);
        }
    }
  }
}
