/** Prints one line for each step of a run. */
export type Log = (line: string) => void;

/** Prints the seconds that have passed since the start of the run before each line. */
export const createLog =
  (startedAt: Date): Log =>
  (line) => {
    const seconds = Math.round((Date.now() - startedAt.getTime()) / 1000);
    console.log(`${String(seconds).padStart(4)} s  ${line}`);
  };
