import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/** The time of the workflow task, which a replay has too; Unix milliseconds. Only what continues as new needs it. */
// eslint-disable-next-line no-restricted-properties -- in a workflow, Temporal replaces the clock
export const currentTimeMs = (): number => Date.now();

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
