import { readFileSync } from 'node:fs';
import { ownTicks, TICKS_PER_SECOND } from './processor-time.ts';

/**
 * Watches what the machine does beside the benchmark: the function that it answers tells how many cores others kept
 * busy since, on average, with what a hypervisor took away. Figures of a busy machine are not to be compared.
 */
export function watchOtherLoad(): () => number | undefined {
  if (process.platform !== 'linux') return () => undefined;
  const startedAt = performance.now();
  const before = foreignTicks();
  return () => {
    const seconds = (performance.now() - startedAt) / 1000;
    return Math.max(0, (foreignTicks() - before) / TICKS_PER_SECOND / seconds);
  };
}

const foreignTicks = (): number => busyTicks(readFileSync('/proc/stat', 'utf8')) - ownTicks();

/** Of all cores together: user, nice, system, irq, softirq and steal; not idle, nor waiting for the disk (proc(5)). */
export function busyTicks(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] =
    /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').map(Number) ?? [];
  return user + nice + system + irq + softirq + steal;
}
