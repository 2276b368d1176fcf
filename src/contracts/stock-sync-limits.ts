/** The most rows of one request. */
export const MAX_SYNC_ROWS = 10_000;
