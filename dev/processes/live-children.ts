import type { ChildProcess } from 'node:child_process';
import { trySignal } from './process-table.ts';

const live = new Map<number, NodeJS.Signals>();
let installed = false;

/**
 * Sees to it that the child does not outlive us, whichever way we end (but for SIGKILL): one that is still there when
 * our process exits, since it was in the middle of starting or since we were told to end at once, gets `signal`.
 */
export function endsWithUs(child: ChildProcess, signal: NodeJS.Signals): void {
  const { pid } = child;
  if (pid === undefined) return;
  live.set(pid, signal);
  child.once('exit', () => live.delete(pid));
  if (installed) return;
  installed = true;
  process.once('exit', () => {
    for (const [each, last] of live) trySignal(each, last);
  });
}
