import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { line, orderRequest } from '../../../harness/orders.ts';
import { API_KEY } from '../../../proof/system/shop.ts';
import type { Break } from './break.ts';

/** A frozen process is as good as gone, and can be brought back at a chosen time. */
export const workerGone: Break = {
  name: 'the process with the workers stands still',
  alerts: ['CheckoutWorkerGone', 'CheckoutSweepLate'],
  begin(site) {
    site.signal('worker', 'SIGSTOP');
    return Promise.resolve(() => {
      site.signal('worker', 'SIGCONT');
      return Promise.resolve();
    });
  },
};

const READERS = ['relay', 'intake', 'app-1'] as const;

/** Each process that listens to events gives them positions. Without any of them, orders that are in progress still write events. */
export const feedUnread: Break = {
  name: 'every process that reads the event feed stands still',
  alerts: ['CheckoutFeedLate', 'CheckoutProcessDown'],
  async begin(site) {
    const slow = orderRequest({ lines: [line('item-1')], payment: { method: 'pm_sandbox_slow' } });
    await site.shop.api.placeOrder(slow, { key: randomUUID(), waitSeconds: 0 });
    for (const name of READERS) site.signal(name, 'SIGSTOP');
    return () => {
      for (const name of READERS) site.signal(name, 'SIGCONT');
      return Promise.resolve();
    };
  },
};

/** More than the connections of a pool. */
const CONCURRENT_READERS = 16;

export const postgresAway: Break = {
  name: 'PostgreSQL does not answer',
  alerts: [
    'CheckoutSourceDown',
    'CheckoutPoolExhausted',
    'CheckoutPlacingErrorsFast',
    'CheckoutPlacingErrorsSlow',
  ],
  begin({ postgres, shop }) {
    postgres.freeze();
    const leaving = new AbortController();
    const readers = keepReading(shop.apiUrl, leaving.signal);
    return Promise.resolve(() => {
      postgres.thaw();
      leaving.abort();
      return readers;
    });
  },
};

/** Storefronts that ask for orders again and again. */
async function keepReading(apiUrl: string, signal: AbortSignal): Promise<void> {
  const reader = async (): Promise<void> => {
    while (!signal.aborted)
      await fetch(`${apiUrl}/v1/orders`, { headers: { authorization: `Bearer ${API_KEY}` }, signal })
        .then((answer) => answer.text())
        .catch(() => delay(100, undefined, { signal }).catch(() => undefined)); // leaves, or is not let in
  };
  await Promise.all(Array.from({ length: CONCURRENT_READERS }, reader));
}
