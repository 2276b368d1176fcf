/** A line for a terminal: what was started or changed, how many seconds that took, and what came of it. */
export const progressLine = (name: string, seconds: string, outcome: string): string =>
  `  ${name.padEnd(12)} ${seconds.padStart(5)} s   ${outcome}`;
