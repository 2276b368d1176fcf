import { commandLineOf, parentOf } from './processes/process-table.ts';

/**
 * Who started the process: its parent, passing over a shell that only ran the command, as npm's does. When it is killed, the
 * process gets another one, and so can be told from one that somebody still looks after.
 */
export function launcherOf(pid: number): number | undefined {
  const parent = parentOf(pid);
  if (parent === undefined) return undefined;
  return /^\S*sh[\0 ]-c[\0 ]/.test(commandLineOf(parent) ?? '') ? parentOf(parent) : parent;
}
