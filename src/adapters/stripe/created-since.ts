import type Stripe from 'stripe';

/** The largest difference between our clock and the provider's, in seconds. */
const MAX_CLOCK_SKEW_S = 300;

/** Returns the filter of a list for objects created since then by the provider's clock, whatever the difference between the clocks. */
export const createdSince = (unixMs: number): Stripe.RangeQueryParam => ({
  // Stripe refuses times before 1970.
  gte: Math.max(Math.floor(unixMs / 1000) - MAX_CLOCK_SKEW_S, 0),
});
