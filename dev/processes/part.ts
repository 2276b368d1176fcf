/** A part of the system that runs as a process of its own. */
export interface Part {
  readonly name: string;
  /** Resolves when the part is ready; rejects with a message of one line. */
  readonly start: () => Promise<RunningPart>;
}

export interface RunningPart {
  readonly pid: number;
  /** Resolves, and never rejects, when the process has ended: with its exit status or signal. */
  readonly exited: Promise<string>;
  /** Stops the process in an orderly way, or by force if it does not end. Safe to call twice. */
  readonly stop: () => Promise<void>;
}
