import type { Break } from './break.ts';

/** A frozen process is as good as gone, and can be brought back at a chosen time. */
export const workerGone: Break = {
  name: 'the process with the workers stands still',
  alerts: ['CheckoutWorkerGone', 'CheckoutSweepLate', 'CheckoutProcessDown'],
  begin(site) {
    site.signal('worker', 'SIGSTOP');
    return Promise.resolve(() => {
      site.signal('worker', 'SIGCONT');
      return Promise.resolve();
    });
  },
};

export const relayGone: Break = {
  name: 'the process with the relay stands still',
  alerts: ['CheckoutFeedLate'],
  begin(site) {
    site.signal('relay', 'SIGSTOP');
    return Promise.resolve(() => {
      site.signal('relay', 'SIGCONT');
      return Promise.resolve();
    });
  },
};

export const postgresAway: Break = {
  name: 'PostgreSQL does not answer',
  alerts: [
    'CheckoutSourceDown',
    'CheckoutPoolExhausted',
    'CheckoutPlacingErrorsFast',
    'CheckoutPlacingErrorsSlow',
  ],
  begin({ postgres }) {
    postgres.freeze();
    return Promise.resolve(() => {
      postgres.thaw();
      return Promise.resolve();
    });
  },
};
