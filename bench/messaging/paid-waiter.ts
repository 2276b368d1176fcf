import { openEventFeed } from '../../src/adapters/postgres/event-feed.ts';

/** Waits for orders to be paid in PostgreSQL, by whichever process. */
export interface PaidWaiter {
  /**
   * Resolves when the payment is committed. Call it before the order is placed: a notification that came earlier is missed.
   * Rejects where the order ends in another status, or is not paid in time.
   */
  waitUntilPaid(orderId: string): Promise<void>;
  close(): Promise<void>;
}

const PAID_WITHIN_MS = 60_000;
const NOT_DECIDED = new Set(['placed', 'reserved']);

/** Uses the notifications of the database, so that every transport is measured until the same moment. */
export async function openPaidWaiter(databaseUrl: string): Promise<PaidWaiter> {
  const feed = await openEventFeed(databaseUrl);
  return {
    waitUntilPaid: (orderId) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          unsubscribe();
          reject(new Error(`${orderId} was not paid within ${PAID_WITHIN_MS / 1_000} s`));
        }, PAID_WITHIN_MS);
        const unsubscribe = feed.subscribe(orderId, (_orderId, _sequence, status) => {
          if (status === undefined || NOT_DECIDED.has(status)) return;
          clearTimeout(timer);
          unsubscribe();
          if (status === 'paid') resolve();
          else reject(new Error(`${orderId} ended as ${status}`));
        });
      }),
    close: () => feed.close(),
  };
}
