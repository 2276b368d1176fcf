/** Upper bounds of histograms, in seconds. */

/** From 5 ms to 60 s: what a customer or an operator waits for. */
export const DURATION_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 3, 5, 10, 20, 30, 60,
];

/** Items in a batch. */
export const SIZE_BUCKETS = [1, 2, 5, 10, 20, 50, 100];
