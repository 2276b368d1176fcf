/** A destination is behind when its oldest event is older than this. Milliseconds. */
export const BEHIND_MS = 5_000;
/** A transaction that writes is open for long. Milliseconds. */
export const TRANSACTION_LONG_MS = 60_000;
