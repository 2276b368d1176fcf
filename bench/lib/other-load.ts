import { readFileSync } from 'node:fs';
import { ownTicks, TICKS_PER_SECOND } from './processor-time.ts';

/**
 * Measures the load on the machine from processes outside the benchmark. The returned function gives the number of cores that
 * they kept busy since the call, on average, including the time that a hypervisor took away; undefined on systems other than
 * Linux. Figures measured on a busy machine cannot be compared.
 */
export function measureOtherLoad(): () => number | undefined {
  if (process.platform !== 'linux') return () => undefined;
  const startedAt = performance.now();
  const before = otherTicks();
  return () => {
    const seconds = (performance.now() - startedAt) / 1000;
    return Math.max(0, (otherTicks() - before) / TICKS_PER_SECOND / seconds);
  };
}

const otherTicks = (): number => busyTicks(readFileSync('/proc/stat', 'utf8')) - ownTicks();

/** Busy ticks of all cores: user, nice, system, irq, softirq and steal. Idle time and waiting for the disk do not count (proc(5)). */
export function busyTicks(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] =
    /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').map(Number) ?? [];
  return user + nice + system + irq + softirq + steal;
}
