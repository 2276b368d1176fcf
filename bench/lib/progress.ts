/** Says each step of a long run, with the seconds that have passed. */
export const tellSince =
  (startedAt: Date) =>
  (line: string): void => {
    const seconds = Math.round((Date.now() - startedAt.getTime()) / 1000);
    console.log(`${String(seconds).padStart(4)} s  ${line}`);
  };
