/** From then on the age of what the event feed waits for is a problem. Milliseconds. */
export const OLD_EVENT_MS = 5_000;
export const OLD_TRANSACTION_MS = 60_000;
