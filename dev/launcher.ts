import { commandLineOf, parentOf } from './processes/process-table.ts';

/**
 * Returns the pid of the process that started this one: its parent, or the parent of a shell that only runs the command, as npm's
 * shell does. When the launcher is killed, the process gets another parent, which shows that it is abandoned.
 */
export function launcherOf(pid: number): number | undefined {
  const parent = parentOf(pid);
  if (parent === undefined) return undefined;
  return /^\S*sh[\0 ]-c[\0 ]/.test(commandLineOf(parent) ?? '') ? parentOf(parent) : parent;
}
