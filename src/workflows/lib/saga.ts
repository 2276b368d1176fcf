import { CancellationScope } from '@temporalio/workflow';

/**
 * The undos of a story, each registered before its step: whether a step that failed or was interrupted has happened is
 * not known, so its undo must be safe when it has not. They run in reverse, and a cancellation of the workflow does
 * not stop them. An undo that throws stops the others: it must not give up (`untilDone` in `steps.ts`).
 */
export class Saga<Ending> {
  readonly #undos: ((ending: Ending) => Promise<Ending>)[] = [];

  /** `undo` is told how the story ends, and answers what has become of that. */
  add(undo: (ending: Ending) => Promise<Ending>): void {
    this.#undos.push(undo);
  }

  async undoAll(ending: Ending): Promise<Ending> {
    return CancellationScope.nonCancellable(async () => {
      let current = ending;
      for (const undo of this.#undos.splice(0).reverse()) current = await undo(current);
      return current;
    });
  }
}
