/** Hears what a batcher does, for the metrics. Every call has to be cheap, and must not throw. */
export interface BatchObserver {
  /** @param queued how many items wait; @param inProgress how many batches run */
  changed(queued: number, inProgress: number): void;
  /** A batch was started or executed. `durationMs`: how long that took. */
  done(size: number, durationMs: number): void;
}
