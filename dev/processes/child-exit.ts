import type { ChildProcess } from 'node:child_process';

/** Resolves, and never rejects, when the process has ended: with its exit status or signal. Call it before the process can end. */
export const exitOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(signal === null ? `exit status ${String(code)}` : `ended by ${signal}`);
    });
  });

export const hasEnded = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null;
