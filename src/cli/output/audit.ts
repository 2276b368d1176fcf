import { AUDITED } from '../../contracts/audited.ts';
import type { AuditView } from '../../contracts/http/audit.ts';
import { counted } from '../../domain/counted.ts';
import { drawPairs, drawTable } from './table.ts';
import { paint, type Output } from './terminal.ts';

/** What the audit has checked so far: the counts in one line, and as `phase` what it has come to. */
export function describeProgress({ checked }: AuditView): { text: string; phase: string } {
  const counted = AUDITED.filter((name) => (checked[name] ?? 0) > 0);
  if (counted.length === 0) return { text: 'the audit has started', phase: 'start' };
  const counts = counted.map((name) => `${checked[name] ?? 0} ${wordsOf(name)}`);
  return { text: `checking ${counts.join(', ')}`, phase: counted.join() };
}

/** What was compared, and each difference with what to do about it. */
export function drawAudit(stream: Output, audit: AuditView): string {
  const { auditId, checked, differences = [], differenceCount = 0 } = audit;
  const counts = AUDITED.map((name) => `${checked[name] ?? 0} ${wordsOf(name)}`).join(', ');
  const head = drawPairs(stream, [
    ['audit', auditId],
    ['checked', counts],
    [
      'result',
      differenceCount === 0 ? 'no difference' : paint(stream, 'red', counted(differenceCount, 'difference')),
    ],
  ]);
  if (differences.length === 0) return head;
  const table = drawTable(
    stream,
    ['rule', 'ids', 'detail'].map((title) => ({ title })),
    differences.map(({ rule, orderId, ids, detail }) => [
      rule,
      [
        ...(orderId === undefined ? [] : [orderId]),
        ...Object.entries(ids).map(([name, id]) => `${name} ${id}`),
      ].join('\n'),
      detail,
    ]),
  );
  const more = differenceCount - differences.length;
  return [head, table, ...(more > 0 ? [`… and ${more} more`] : []), whatToDo(stream, audit)].join('\n\n');
}

/** One line for each rule that found a difference. */
function whatToDo(stream: Output, { differences = [] }: AuditView): string {
  const advice = new Map(differences.map((difference) => [difference.rule, difference.whatToDo]));
  return `What to do\n${drawPairs(stream, [...advice])}`;
}

const wordsOf = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
