import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/** A timer that can be asked whether it has rung, beside other things that are waited for. Cancel it when done. */
export class Timer {
  readonly #scope = new CancellationScope();
  #fired = false;

  /** `afterMs` in milliseconds; `summary` is what the Temporal UI says of it. */
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
