import type { ChildProcess } from 'node:child_process';
import { trySignal } from './process-table.ts';

const running = new Map<number, NodeJS.Signals>();
let installed = false;

/**
 * Sends `signal` to the child if it still runs when this process exits, for example because the child was starting or because this
 * process had to exit at once. Nothing is sent if this process ends by SIGKILL.
 */
export function killOnExit(child: ChildProcess, signal: NodeJS.Signals): void {
  const { pid } = child;
  if (pid === undefined) return;
  running.set(pid, signal);
  child.once('exit', () => running.delete(pid));
  if (installed) return;
  installed = true;
  process.once('exit', () => {
    for (const [runningPid, lastSignal] of running) trySignal(runningPid, lastSignal);
  });
}
