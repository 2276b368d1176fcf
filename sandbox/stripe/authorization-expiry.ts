import type { Transaction } from './transaction.ts';
import { release } from './intent-capture.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import type { PaymentIntentRecord } from './records.ts';

/** The longest that a timer can wait, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Expires the authorization of a payment that was not captured in time. The payment is canceled if nothing was captured, and
 * succeeds if a part was captured (docs.stripe.com/payments/multicapture). Returns undefined if there is no authorization.
 */
export function expire(transaction: Transaction, id: string): PaymentIntentRecord | undefined {
  const intent = transaction.intent(id);
  if (intent.status !== 'requires_capture') return undefined;
  if (intent.amount_received > 0) return release(transaction, intent);
  const canceled = transaction.put<PaymentIntentRecord>({
    ...intent,
    amount_capturable: 0,
    canceled_at: transaction.now,
    cancellation_reason: 'automatic',
    status: 'canceled',
  });
  transaction.emit('payment_intent.canceled', canceled);
  return canceled;
}

/** Calls back when authorizations expire. */
export class AuthorizationExpiry {
  readonly #onExpired: (intentId: string) => void;
  /** The earliest first. */
  readonly #pending: { intentId: string; at: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param onExpired called at the end of an authorization, which may have been captured by then */
  constructor(onExpired: (intentId: string) => void) {
    this.#onExpired = onExpired;
  }

  /** Watches the authorizations in the ledger. Those that have expired while the sandbox did not run expire now. */
  start(ledger: Ledger): void {
    for (const { status, latest_charge } of ledger.intents.values()) {
      if (status === 'requires_capture' && latest_charge !== null) this.#add(ledger.find(latest_charge));
    }
    this.#schedule();
  }

  /** Watches the authorizations in a committed entry. */
  watch({ put = [] }: LedgerEntry): void {
    for (const record of put) this.#add(record);
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #add(record: ReturnType<Ledger['find']>): void {
    if (record?.object !== 'charge' || record.authorized_until === undefined || record.captured) return;
    const latest = this.#pending.at(-1);
    this.#pending.push({ intentId: record.payment_intent, at: record.authorized_until });
    if (latest !== undefined && latest.at > record.authorized_until)
      this.#pending.sort((a, b) => a.at - b.at);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const next = this.#pending[0];
    if (next === undefined || this.#stopped) return;
    this.#timer = setTimeout(
      () => {
        this.#expireDue();
      },
      Math.min(next.at - Date.now(), MAX_TIMER_MS),
    );
  }

  #expireDue(): void {
    for (let next = this.#pending[0]; next !== undefined && next.at <= Date.now(); next = this.#pending[0]) {
      this.#pending.shift();
      this.#onExpired(next.intentId);
    }
    this.#schedule();
  }
}
