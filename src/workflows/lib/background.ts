/** Work that runs beside the workflow's loop. One piece of work of a name runs at a time. */
export class Background {
  readonly #running = new Map<string, Promise<void>>();
  #ended = 0;
  #failure: { error: unknown } | undefined;

  /** How many have ended. */
  get ended(): number {
    return this.#ended;
  }

  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  /** Starts the work unless work of this name is running. */
  start(name: string, work: () => Promise<void>): void {
    if (this.#running.has(name)) return;
    this.#running.set(name, this.#run(name, work));
  }

  /** @throws what a piece of work has thrown: steps retry their failures, so it is an error of the workflow's own code */
  throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }

  async done(): Promise<void> {
    await Promise.all(this.#running.values());
    this.throwFailure();
  }

  async #run(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#running.delete(name);
    this.#ended += 1;
  }
}
