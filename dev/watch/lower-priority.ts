import { existsSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

const AUTOGROUP = '/proc/self/autogroup';

/** Lets every other process use the processor first. For a process that nothing waits for. */
export function lowerPriority(): void {
  setPriority(constants.priority.PRIORITY_LOW);
  // Linux may share the processor among process groups first, and only then by the priorities of their processes: sched(7).
  if (existsSync(AUTOGROUP)) writeFileSync(AUTOGROUP, String(constants.priority.PRIORITY_LOW));
}
