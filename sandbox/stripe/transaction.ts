import { randomBytes } from 'node:crypto';
import { resourceMissing } from './failure.ts';
import type { ResponseEntry, EventEntry, Ledger, LedgerEntry } from './ledger.ts';
import type {
  ChargeRecord,
  DisputeRecord,
  EventType,
  LedgerRecord,
  PaymentIntentRecord,
  RefundRecord,
} from './records.ts';
import { API_VERSION } from './version.ts';

/** The request that causes a change. As at Stripe, events contain it. */
export interface Origin {
  readonly requestId: string | null;
  readonly idempotencyKey: string | null;
}

/** The changes of one request. They become visible in the ledger when they are committed as one journal entry. */
export class Transaction {
  readonly #ledger: Ledger;
  readonly #origin: Origin;
  readonly #puts = new Map<string, LedgerRecord>();
  readonly #events: EventEntry[] = [];
  readonly #mark: string[] = [];
  readonly #unmark: string[] = [];
  /** Unix seconds. */
  readonly now = Math.floor(Date.now() / 1000);

  constructor(ledger: Ledger, origin: Origin) {
    this.#ledger = ledger;
    this.#origin = origin;
  }

  /**
   * @param param the parameter that contains the id; absent if the id is in the path
   * @throws {StripeFailure} Stripe's `resource_missing`
   */
  intent(id: string, param?: string): PaymentIntentRecord {
    const found = this.#puts.get(id) ?? this.#ledger.intents.get(id);
    if (found?.object !== 'payment_intent') throw resourceMissing('payment_intent', id, param);
    return found;
  }

  /** Parameters and errors as for {@link intent}. */
  charge(id: string, param?: string): ChargeRecord {
    const found = this.#puts.get(id) ?? this.#ledger.charges.get(id);
    if (found?.object !== 'charge') throw resourceMissing('charge', id, param);
    return found;
  }

  /** Returns when an authorization that is created now expires, in Unix milliseconds. */
  authorizedUntil(): number {
    return Date.now() + this.#ledger.authorizationMs;
  }

  find(id: string): LedgerRecord | undefined {
    return this.#puts.get(id) ?? this.#ledger.find(id);
  }

  refundsOf(charge: string): RefundRecord[] {
    const before = this.#ledger.refundsOf(charge).filter(({ id }) => !this.#puts.has(id));
    const now = [...this.#puts.values()].filter((record) => record.object === 'refund');
    return [...before, ...now.filter((refund) => refund.charge === charge)];
  }

  /** Parameters and errors as for {@link intent}. */
  dispute(id: string, param?: string): DisputeRecord {
    const found = this.find(id);
    if (found?.object !== 'dispute') throw resourceMissing('dispute', id, param);
    return found;
  }

  disputesOf(charge: string): DisputeRecord[] {
    const before = this.#ledger.disputesOf(charge).filter(({ id }) => !this.#puts.has(id));
    const now = [...this.#puts.values()].filter((record) => record.object === 'dispute');
    return [...before, ...now.filter((dispute) => dispute.charge === charge)];
  }

  put<T extends LedgerRecord>(record: T): T {
    this.#puts.set(record.id, record);
    return record;
  }

  /** Adds an event. Its subject is the version of the record at the end of this transaction. */
  emit(type: EventType, subject: LedgerRecord): void {
    this.#events.push({
      object: 'event',
      id: newId('evt'),
      type,
      api_version: API_VERSION,
      created: this.now,
      request: { id: this.#origin.requestId, idempotency_key: this.#origin.idempotencyKey },
      subject: subject.id,
    });
  }

  marked(mark: string): boolean {
    return this.#ledger.marks.has(mark);
  }

  mark(mark: string): void {
    this.#mark.push(mark);
  }

  unmark(mark: string): void {
    this.#unmark.push(mark);
  }

  /**
   * Returns the journal entry, or undefined if nothing has changed.
   *
   * @param hasWebhook whether the events must be sent to a webhook
   */
  entry(answer: ResponseEntry | undefined, hasWebhook: boolean): LedgerEntry | undefined {
    const entry: LedgerEntry = {
      ...(this.#puts.size > 0 && { put: [...this.#puts.values()] }),
      ...(this.#events.length > 0 && { events: this.#events }),
      ...(this.#events.length > 0 && hasWebhook && { pending: this.#events.map((event) => event.id) }),
      ...(this.#mark.length > 0 && { mark: this.#mark }),
      ...(this.#unmark.length > 0 && { unmark: this.#unmark }),
      ...(answer !== undefined && { answer }),
    };
    return Object.keys(entry).length === 0 ? undefined : entry;
  }
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Returns a new id in Stripe's format: `pi_3` and 23 letters and digits. */
export function newId(prefix: string, length = 23): string {
  let id = `${prefix}_3`;
  for (const byte of randomBytes(length)) id += ALPHABET.charAt(byte % ALPHABET.length);
  return id;
}
