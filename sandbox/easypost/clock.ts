import type { EasyPostLedger, LedgerEntry } from './ledger.ts';
import type { LedgerRecord } from './records.ts';

/** The longest that a timer can wait, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Calls back when a parcel moves on by itself, or the carrier decides on a refund. */
export class CarrierClock {
  readonly #onDue: (record: LedgerRecord) => void;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #stopped = false;

  constructor(onDue: (record: LedgerRecord) => void) {
    this.#onDue = onDue;
  }

  /** Watches the records in the ledger. What was due while the sandbox did not run happens now. */
  start(ledger: EasyPostLedger): void {
    this.watch({ put: [...ledger.trackers.values(), ...ledger.shipments.values()] });
  }

  /** Watches the records in a committed entry, in place of their earlier versions. */
  watch({ put = [] }: LedgerEntry): void {
    for (const record of put) {
      clearTimeout(this.#timers.get(record.id));
      this.#timers.delete(record.id);
      if (this.#stopped || record.object === 'Address' || record.moves_at === null) continue;
      const timer = setTimeout(
        () => {
          this.#timers.delete(record.id);
          this.#onDue(record);
        },
        Math.min(Math.max(record.moves_at - Date.now(), 0), MAX_TIMER_MS),
      );
      this.#timers.set(record.id, timer);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }
}
