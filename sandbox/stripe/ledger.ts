import { IdempotencyKeys } from './idempotency-keys.ts';
import type {
  ChargeRecord,
  DisputeRecord,
  EventRecord,
  LedgerRecord,
  PaymentIntentRecord,
  RefundRecord,
  StoredResponse,
} from './records.ts';
import { Index, OrderedMap } from '../storage/ordered-map.ts';
import type { SimulatedAccount } from './simulated-account.ts';

/** An event in the journal. `subject` is an id if the same entry contains that version of the record, so that it is written once. */
export type EventEntry = Omit<EventRecord, 'subject'> & { readonly subject: string | LedgerRecord };
/** A stored response in the journal. `record` is an id in the same case. */
export type ResponseEntry = Omit<StoredResponse, 'record'> & {
  readonly key: string;
  readonly record?: string | LedgerRecord;
};

/**
 * One line of the journal: the changes of a request, its events, and the response that its idempotency key replays. All of it is
 * stored or nothing.
 */
export interface LedgerEntry {
  readonly put?: readonly LedgerRecord[];
  readonly events?: readonly EventEntry[];
  /** The ids of events that must be sent to the webhook. */
  readonly pending?: readonly string[];
  readonly delivered?: readonly string[];
  readonly answer?: ResponseEntry;
  /** Faults that have occurred, each as a text that identifies the fault and the payment: see `pay.ts`. */
  readonly mark?: readonly string[];
  readonly unmark?: readonly string[];
}

/** Stripe's authorization period of a card payment that the customer started (docs.stripe.com/payments/place-a-hold-on-a-payment-method). */
const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

/** All records of the sandbox's Stripe account, in memory. Only `apply` changes them, which also rebuilds them from the journal. */
export class Ledger {
  readonly intents = new OrderedMap<PaymentIntentRecord>();
  readonly charges = new OrderedMap<ChargeRecord>();
  readonly refunds = new OrderedMap<RefundRecord>();
  readonly disputes = new OrderedMap<DisputeRecord>();
  readonly events = new OrderedMap<EventRecord>();
  readonly chargesOfIntent = new Index();
  readonly refundsOfCharge = new Index();
  readonly refundsOfIntent = new Index();
  readonly disputesOfCharge = new Index();
  readonly disputesOfIntent = new Index();
  /** By `metadata.order_id`, which shops search for to find the payment of an order. */
  readonly intentsOfOrder = new Index();
  readonly pending = new Set<string>();
  readonly marks = new Set<string>();
  readonly idempotencyKeys: IdempotencyKeys;
  /** After how many milliseconds a new authorization expires. */
  readonly authorizationMs: number;
  /** How many milliseconds the search of payments is behind. */
  readonly searchLagMs: number;
  #account: SimulatedAccount | undefined;

  constructor(idempotencyTtlMs: number, authorizationMs = WEEK_MS, searchLagMs = 0) {
    this.idempotencyKeys = new IdempotencyKeys(idempotencyTtlMs);
    this.authorizationMs = authorizationMs;
    this.searchLagMs = searchLagMs;
  }

  /** Puts the payments of a large account before all others. They are not in the journal: the account ends with the process. */
  simulate(account: SimulatedAccount): void {
    this.#account = account;
    this.intents.precede(account.intents);
    this.charges.precede(account.charges);
  }

  /** The ids of an order's payments, oldest first. */
  intentIdsOf(orderId: string): readonly string[] {
    return [this.#account?.intentOf(orderId) ?? [], this.intentsOfOrder.get(orderId)].flat();
  }

  find(id: string): LedgerRecord | undefined {
    return this.intents.get(id) ?? this.charges.get(id) ?? this.refunds.get(id) ?? this.disputes.get(id);
  }

  refundsOf(charge: string): RefundRecord[] {
    return this.refundsOfCharge.get(charge).flatMap((id) => this.refunds.get(id) ?? []);
  }

  disputesOf(charge: string): DisputeRecord[] {
    return this.disputesOfCharge.get(charge).flatMap((id) => this.disputes.get(id) ?? []);
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
      this.idempotencyKeys.store(
        key,
        record === undefined ? answer : { ...answer, record: this.#resolve(record) },
      );
    }
  }

  /** Returns the shortest list of entries that rebuilds this ledger. */
  *snapshot(): Iterable<LedgerEntry> {
    for (const records of [this.intents, this.charges, this.refunds, this.disputes]) {
      for (const record of records.values()) yield { put: [record] };
    }
    for (const event of this.events.values()) yield { events: [event] };
    yield { pending: [...this.pending], mark: [...this.marks] };
    for (const [key, answer] of this.idempotencyKeys.entries()) yield { answer: { key, ...answer } };
  }

  #resolve(subject: string | LedgerRecord): LedgerRecord {
    if (typeof subject !== 'string') return subject;
    const record = this.find(subject);
    if (record === undefined) throw new Error(`The journal refers to ${subject} before it was created.`);
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
        return;
      case 'dispute':
        if (this.disputes.put(record)) {
          this.disputesOfCharge.add(record.charge, record.id);
          this.disputesOfIntent.add(record.payment_intent, record.id);
        }
    }
  }
}
