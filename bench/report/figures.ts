import type { Spread } from '../lib/median.ts';
import type { ProcessName } from '../lib/processor-time.ts';

/** As everything is written that people read: three digits tell more than the noise lets through. */
export function figure(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString('en');
  return value >= 100 ? String(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2);
}

export const spread = ({ median, min, max }: Spread): string =>
  `${figure(median)} (${figure(min)}–${figure(max)})`;

export const PROCESS_TITLES: Readonly<Record<ProcessName, string>> = {
  variant: 'application',
  engine: 'engine',
  postgres: 'PostgreSQL',
  sandbox: 'sandbox',
};
