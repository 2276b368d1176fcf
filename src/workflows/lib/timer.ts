import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/** A durable timer whose state can be part of a `condition`. Cancel it when it is no longer needed. */
export class Timer {
  readonly #scope = new CancellationScope();
  #fired = false;

  /** `afterMs` in milliseconds; the Temporal UI shows `summary`. */
  constructor(afterMs: number, summary: string) {
    this.#scope
      .run(() => sleep(afterMs, { summary }))
      .then(
        () => {
          this.#fired = true;
        },
        (error: unknown) => {
          if (!isCancellation(error)) throw error;
        },
      );
  }

  get fired(): boolean {
    return this.#fired;
  }

  cancel(): void {
    this.#scope.cancel();
  }
}
