import type { Transaction } from './transaction.ts';
import { release } from './intent-capture.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import type { PaymentIntentRecord } from './records.ts';

/** The longest that a timer can wait, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * An authorisation ends because nobody has captured it in time: with nothing captured the payment is canceled, with
 * something it has succeeded (docs.stripe.com/payments/multicapture). Undefined when there is none to end.
 */
export function expire(draft: Transaction, id: string): PaymentIntentRecord | undefined {
  const intent = draft.intent(id);
  if (intent.status !== 'requires_capture') return undefined;
  if (intent.amount_received > 0) return release(draft, intent);
  const canceled = draft.put<PaymentIntentRecord>({
    ...intent,
    amount_capturable: 0,
    canceled_at: draft.now,
    cancellation_reason: 'automatic',
    status: 'canceled',
  });
  draft.emit('payment_intent.canceled', canceled);
  return canceled;
}

/** Knows which authorisations end when, and says so in time. */
export class AuthorizationExpiry {
  readonly #end: (intentId: string) => void;
  /** The earliest first. */
  readonly #due: { intentId: string; at: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** `end` is called once the time of a payment has come; it may have been captured by then. */
  constructor(end: (intentId: string) => void) {
    this.#end = end;
  }

  /** Takes up what the books say; what ended meanwhile ends now. */
  start(ledger: Ledger): void {
    for (const { status, latest_charge } of ledger.intents.values()) {
      if (status === 'requires_capture' && latest_charge !== null) this.#add(ledger.find(latest_charge));
    }
    this.#wait();
  }

  /** Looks for new authorisations in what was just committed. */
  note({ put = [] }: LedgerEntry): void {
    for (const record of put) this.#add(record);
    this.#wait();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #add(record: ReturnType<Ledger['find']>): void {
    if (record?.object !== 'charge' || record.authorized_until === undefined || record.captured) return;
    const latest = this.#due.at(-1);
    this.#due.push({ intentId: record.payment_intent, at: record.authorized_until });
    if (latest !== undefined && latest.at > record.authorized_until) this.#due.sort((a, b) => a.at - b.at);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const next = this.#due[0];
    if (next === undefined || this.#stopped) return;
    this.#timer = setTimeout(
      () => {
        this.#endDue();
      },
      Math.min(next.at - Date.now(), MAX_TIMER_MS),
    );
  }

  #endDue(): void {
    for (let next = this.#due[0]; next !== undefined && next.at <= Date.now(); next = this.#due[0]) {
      this.#due.shift();
      this.#end(next.intentId);
    }
    this.#wait();
  }
}
