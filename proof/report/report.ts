import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { drawHistogram, histogram } from '../../harness/load/histogram.ts';
import { summarise } from '../../src/domain/statistics.ts';
import type { KeptResult } from './kept-results.ts';
import type { PartResult, Recovery, Violation } from './result.ts';
import { minutes } from './progress.ts';

/** The whole proof in Markdown. `missing`: the parts that have never run in full. */
export function reportOf(results: readonly KeptResult[], missing: readonly string[] = []): string {
  const recoveries = results.flatMap((result) => result.recoveries);
  const mutations = results.flatMap((result) => result.mutations ?? []);
  const violations = results.flatMap((result) => result.violations);
  return [
    '# The proof',
    '',
    'Written by `npm run prove`. Processes are killed at every point of every step; the servers that they need are',
    'killed, stopped and disconnected under load. After each fault the records of PostgreSQL, the payment provider,',
    'the carrier, the mail server and Temporal are compared with each other.',
    '',
    'It takes some hours, in which nothing else should run; the network faults need Go. `npm run prove -- --quick` runs a',
    'small form of each part, and does not change this page.',
    '',
    table(
      ['', ...results.map(({ title }) => title), 'total'],
      [
        ['faults injected', ...sums(results.map(({ faults }) => total(faults)))],
        ['orders placed', ...sums(results.map(({ orders }) => orders))],
        ['recoveries', ...sums(results.map((result) => result.recoveries.length))],
        ['promises broken', ...sums(results.map((result) => result.violations.length))],
      ],
    ),
    '',
    ...(mutations.length > 0
      ? [
          `Mutations: ${mutations.length}, of which ${mutations.filter(({ caughtBy }) => caughtBy !== undefined).length} were caught.`,
          '',
        ]
      : []),
    ...(missing.length > 0
      ? [`Without a result yet: ${missing.map((part) => `\`${part}\``).join(', ')}.`, '']
      : []),
    machine(),
    '',
    ...(recoveries.length > 0 ? recoveryTimes(recoveries) : []),
    ...results.flatMap(partOf),
    ...(mutations.length > 0
      ? [
          '## Every mutation',
          '',
          table(
            ['mutation', 'caught by'],
            mutations.map(({ name, caughtBy }) => [name, caughtBy ?? '**nothing**']),
          ),
          '',
        ]
      : []),
    '## Promises broken',
    '',
    ...(violations.length === 0 ? ['None.'] : violations.map(violationLine)),
    '',
  ].join('\n');
}

export const writeReport = (
  path: string,
  results: readonly KeptResult[],
  missing: readonly string[],
): void => {
  writeFileSync(path, reportOf(results, missing));
};

export const violationLine = ({ at, what }: Violation): string => `- ${at}: ${what}`;

function recoveryTimes(recoveries: readonly Recovery[]): string[] {
  const bars = drawHistogram(histogram(recoveries.map(({ ms }) => ms / 1000)), (bound) => `${bound} s`);
  return [
    'The time from the death of a process, or from the end of a fault, until everything was correct again:',
    '',
    '```',
    bars,
    '```',
    '',
  ];
}

function partOf({ title, notes, faults, recoveries, ...run }: KeptResult): string[] {
  const kinds = [
    ...new Set([
      ...recoveries.map(({ kind }) => kind),
      ...(recoveries.length === 0 ? Object.keys(faults) : []),
    ]),
  ];
  const rows = kinds.map((kind) => {
    const times = recoveries.filter((recovery) => recovery.kind === kind).map(({ ms }) => ms);
    const summary = summarise(times);
    return [
      kind,
      String(summary?.count ?? faults[kind] ?? 0),
      ...(['p50', 'p95', 'max'] as const).map((name) => (summary ? seconds(summary[name]) : '')),
    ];
  });
  return [
    `## ${title}`,
    '',
    whenOf(run),
    '',
    ...notes.flatMap((note) => [note, '']),
    ...(rows.length > 0 ? [table(['fault', 'times', 'recovery p50', 'p95', 'max'], rows), ''] : []),
  ];
}

function whenOf({ startedAt, endedAt, seed }: Pick<KeptResult, 'startedAt' | 'endedAt' | 'seed'>): string {
  const duration = minutes((endedAt.getTime() - startedAt.getTime()) / 1000);
  return `${startedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC, ${duration} minutes, seed ${seed}.`;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, each) => sum + each, 0);

const sums = (counts: readonly number[]): string[] =>
  [...counts, counts.reduce((sum, each) => sum + each, 0)].map((count) => count.toLocaleString('en'));

/** With columns as wide as their widest cell, as Prettier formats tables. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, n) => Math.max(3, cell.length, ...rows.map((row) => row[n]?.length ?? 0)));
  const lineOf = (row: readonly string[]): string =>
    `| ${widths.map((width, n) => (row[n] ?? '').padEnd(width)).join(' | ')} |`;
  return [
    lineOf(head),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...rows.map(lineOf),
  ].join('\n');
}

function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${availableParallelism()} cores (${processor}), ${memory} GiB, ${type()} ${release()}, Node ${process.version}.`;
}

/** Prints the result of a part to the terminal. */
export function printResult({ title, faults, orders, recoveries, violations, notes }: PartResult): void {
  const summary = summarise(recoveries.map(({ ms }) => ms));
  console.log(`\n${title}: ${total(faults)} faults, ${orders} orders, ${violations.length} promises broken`);
  if (summary)
    console.log(
      `recovery: half within ${seconds(summary.p50)}, 95 % within ${seconds(summary.p95)}, all within ${seconds(summary.max)}`,
    );
  for (const note of notes) console.log(note);
  for (const violation of violations) console.log(violationLine(violation));
  console.log('');
}
