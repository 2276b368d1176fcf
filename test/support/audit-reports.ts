import {
  AUDITED,
  type AuditCounts,
  type AuditDifference,
  type AuditSummary,
  type AuditView,
} from '../../src/contracts/http/audit.ts';

export const auditCounts = (each = 0): AuditCounts =>
  Object.fromEntries(AUDITED.map((name) => [name, each])) as AuditCounts;

export const auditDifference = (n: number): AuditDifference => ({
  rule: 'charged_twice',
  orderId: `ord_${n}`,
  ids: { paymentIntentIds: `pi_${n}a, pi_${n}b` },
  detail: '2 payments hold money of the order',
  whatToDo: 'Refund one of them.',
});

export const auditSummary = (auditId: string, differences = 0): AuditSummary => ({
  auditId,
  clean: differences === 0,
  checked: auditCounts(3),
  differenceCount: differences,
  differences: Array.from({ length: differences }, (_, n) => auditDifference(n)),
});

export const doneAudit = (auditId: string, differences = 0): AuditView => ({
  state: 'done',
  startedAt: '2026-01-01T03:00:00.000Z',
  finishedAt: '2026-01-01T03:00:04.000Z',
  ...auditSummary(auditId, differences),
});
