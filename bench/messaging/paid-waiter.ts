import { openEventFeed } from '../../src/adapters/postgres/event-feed.ts';

/** Sees in PostgreSQL, whoever has written it there, that an order is paid. */
export interface PaidWatch {
  /** Resolves in the moment of the commit, if it is asked before. Rejects where the order ends otherwise, or is never paid. */
  untilPaid(orderId: string): Promise<void>;
  close(): Promise<void>;
}

const PAID_WITHIN_MS = 60_000;
const ON_ITS_WAY = new Set(['placed', 'reserved']);

/** By the notifications of the database, so that every way is measured to the same moment. */
export async function openPaidWatch(databaseUrl: string): Promise<PaidWatch> {
  const feed = await openEventFeed(databaseUrl);
  return {
    untilPaid: (orderId) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          leave();
          reject(new Error(`not paid within ${PAID_WITHIN_MS / 1_000} s`));
        }, PAID_WITHIN_MS);
        const leave = feed.subscribe(orderId, (_orderId, _sequence, status) => {
          if (status === undefined || ON_ITS_WAY.has(status)) return;
          clearTimeout(timer);
          leave();
          if (status === 'paid') resolve();
          else reject(new Error(`the order is ${status}`));
        });
      }),
    close: () => feed.close(),
  };
}
