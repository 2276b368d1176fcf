import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** Lets every other process use the processor first. For a process that nothing waits for. */
export function lowerPriority(): void {
  setPriority(constants.priority.PRIORITY_LOW);
  try {
    // Linux may share the processor among process groups first, and only then by the priorities of their processes: sched(7).
    writeFileSync('/proc/self/autogroup', String(constants.priority.PRIORITY_LOW));
  } catch {
    // Other systems do not have the file, a container may not be allowed to write it, and Linux refuses a second write of ordinary
    // users within a tenth of a second. The process then only has more of the processor than it needs.
  }
}
