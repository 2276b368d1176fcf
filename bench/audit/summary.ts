import { WrongResult } from '../lib/expect-equal.ts';
import { figure, NOT_AVAILABLE } from '../report/figures.ts';
import type { Table } from '../report/table.ts';
import { DEFECTS } from './defects.ts';
import type { AuditMeasurement } from './measure.ts';

const MIB = 1024 * 1024;

export function auditTables(measured: readonly AuditMeasurement[]): Table[] {
  return [
    {
      title: 'An audit: its time, and the memory of the processes before it and at its peak, MiB',
      head: ['', 'orders', 'payments', 'minutes', 'application', 'PostgreSQL', 'differences'],
      rows: measured.map(({ name, ms, checked, found, memory }) => [
        name,
        (checked.orders ?? 0).toLocaleString('en'),
        (checked.providerPayments ?? 0).toLocaleString('en'),
        figure(ms / 60_000),
        ...(['application', 'postgres'] as const).map((process) => {
          const bytes = memory?.[process];
          return bytes ? `${figure(bytes.before / MIB)} → ${figure(bytes.peak / MIB)}` : NOT_AVAILABLE;
        }),
        String(sum(Object.values(found))),
      ]),
    },
    {
      title: 'The defects, and the rules that find them',
      head: ['', 'rules'],
      rows: DEFECTS.map(({ what, rules }) => [what, rules.map((rule) => `\`${rule}\``).join(', ')]),
    },
  ];
}

/**
 * Checks that the audit of every order has found the defects and nothing else.
 *
 * @throws {WrongResult} naming what each rule has found
 */
export function requireDefects({ found }: AuditMeasurement): void {
  const expected: Record<string, number> = {};
  for (const { rules } of DEFECTS) for (const rule of rules) expected[rule] = (expected[rule] ?? 0) + 1;
  const wrong = [...new Set([...Object.keys(expected), ...Object.keys(found)])]
    .filter((rule) => expected[rule] !== found[rule])
    .map((rule) => `${rule}: expected ${expected[rule] ?? 0}, found ${found[rule] ?? 0}`);
  if (wrong.length > 0) throw new WrongResult(wrong.join('; '));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
