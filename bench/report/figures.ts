import type { Spread } from '../lib/median.ts';
import type { ProcessName } from '../lib/processor-time.ts';

/** A figure with three digits: more would be noise. */
export function figure(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString('en');
  return value >= 100 ? String(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2);
}

export const spread = ({ median, min, max }: Spread): string =>
  `${figure(median)} (${figure(min)}–${figure(max)})`;

/** Where the operating system does not report a figure. */
export const NOT_AVAILABLE = 'not available';

export const PROCESS_TITLES: Readonly<Record<ProcessName, string>> = {
  variant: 'application',
  engine: 'engine',
  postgres: 'PostgreSQL',
  sandbox: 'sandbox',
};
