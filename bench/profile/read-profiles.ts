import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CpuProfile } from './cpu-profile.ts';

/** Node names the files CPU.<date>.<time>.<pid>.<thread>.<number>.cpuprofile; thread 0 is the main one. */
const NAME = /^CPU\.\d+\.\d+\.\d+\.(\d+)\.\d+\.cpuprofile$/;

/** By thread: the application has the main one and, while there is one workflow thread, that. */
export function readProfiles(folder: string): { main: CpuProfile; workflow: CpuProfile } {
  const byThread = new Map<number, CpuProfile>();
  for (const file of readdirSync(folder)) {
    const thread = NAME.exec(file)?.[1];
    if (thread === undefined) continue;
    byThread.set(Number(thread), JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile);
  }
  const main = byThread.get(0);
  const [workflow] = [...byThread].filter(([thread]) => thread !== 0).map(([, profile]) => profile);
  if (!main || !workflow) throw new Error(`Node left no profile of both threads in ${folder}`);
  return { main, workflow };
}
