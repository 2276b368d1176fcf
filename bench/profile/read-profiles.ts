import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CpuProfile } from './cpu-profile.ts';

/** Node names the files CPU.<date>.<time>.<pid>.<thread>.<number>.cpuprofile. Thread 0 is the main thread. */
const FILE_NAME = /^CPU\.\d+\.\d+\.\d+\.(\d+)\.\d+\.cpuprofile$/;

/** Reads the profiles of the main thread and of the workflow thread. The application has one workflow thread. */
export function readProfiles(folder: string): { main: CpuProfile; workflow: CpuProfile } {
  const byThread = new Map<number, CpuProfile>();
  for (const file of readdirSync(folder)) {
    const thread = FILE_NAME.exec(file)?.[1];
    if (thread === undefined) continue;
    byThread.set(Number(thread), JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile);
  }
  const main = byThread.get(0);
  const [workflow] = [...byThread].filter(([thread]) => thread !== 0).map(([, profile]) => profile);
  if (!main || !workflow) throw new Error(`${folder} does not contain the profiles of both threads`);
  return { main, workflow };
}
