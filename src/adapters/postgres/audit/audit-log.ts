import type { Actor } from '../../../contracts/actor.ts';
import {
  type AuditCounts,
  type AuditDifference,
  type AuditCommand,
  type AuditReport,
  type AuditView,
  MAX_DIFFERENCES,
} from '../../../contracts/http/audit.ts';
import type { Pool } from '../pool.ts';

/** The reports of audits, one row for each audit. Every call may be repeated. */
export interface AuditLog {
  /** Records that the audit runs. Returns its report if the audit has been completed before. */
  begin(audit: AuditCommand): Promise<AuditReport | undefined>;
  progress(auditId: string, checked: Partial<AuditCounts>): Promise<void>;
  finish(auditId: string, found: AuditFindings): Promise<AuditReport>;
  find(auditId: string): Promise<AuditView | undefined>;
  /** Returns the report of an audit that has been completed. */
  report(auditId: string): Promise<AuditReport | undefined>;
  /** Newest first, without their differences. */
  list(limit: number): Promise<AuditView[]>;
}

export interface AuditFindings {
  checked: AuditCounts;
  differenceCount: number;
  differences: AuditDifference[];
}

interface AuditRow {
  audit_id: string;
  since: Date | null;
  started_at: Date;
  finished_at: Date | null;
  checked: AuditCounts;
  difference_count: number;
  differences: AuditDifference[];
  actor: Actor | null;
}

const SCHEDULE: Actor = { type: 'system' };
const SUMMARY_COLUMNS = 'audit_id, since, started_at, finished_at, checked, difference_count, actor';

export function createAuditLog(pool: Pool): AuditLog {
  const find = async (auditId: string): Promise<AuditRow | undefined> => {
    const { rows } = await pool.query<AuditRow>('select * from audits where audit_id = $1', [auditId]);
    return rows[0];
  };
  const report = async (auditId: string): Promise<AuditReport | undefined> => {
    const row = await find(auditId);
    return row && toReport(row);
  };
  return {
    async begin({ auditId, since, actor = SCHEDULE }) {
      await pool.query(
        'insert into audits (audit_id, since, actor) values ($1, $2, $3) on conflict do nothing',
        [auditId, since ?? null, actor],
      );
      return report(auditId);
    },

    async progress(auditId, checked) {
      await pool.query(
        'update audits set checked = checked || $2 where audit_id = $1 and finished_at is null',
        [auditId, checked],
      );
    },

    async finish(auditId, { checked, differenceCount, differences }) {
      await pool.query(
        `update audits set finished_at = clock_timestamp(), checked = $2, difference_count = $3, differences = $4
          where audit_id = $1 and finished_at is null`,
        [auditId, checked, differenceCount, JSON.stringify(differences.slice(0, MAX_DIFFERENCES))],
      );
      const finished = await report(auditId);
      if (!finished)
        throw new Error(`Audit ${auditId} has no row: it was deleted while it ran. Run a new audit.`);
      return finished;
    },

    async find(auditId) {
      const row = await find(auditId);
      return row && toView(row);
    },

    report,

    async list(limit) {
      const text = `select ${SUMMARY_COLUMNS}, '[]'::jsonb as differences from audits
                     order by started_at desc, audit_id desc limit $1`;
      const { rows } = await pool.query<AuditRow>(text, [limit]);
      return rows.map(toView).map((view) => {
        delete view.differences;
        return view;
      });
    },
  };
}

function toReport(row: AuditRow): AuditReport | undefined {
  if (row.finished_at === null) return undefined;
  return {
    auditId: row.audit_id,
    ...(row.since && { since: row.since.toISOString() }),
    startedAt: row.started_at.toISOString(),
    finishedAt: row.finished_at.toISOString(),
    clean: row.difference_count === 0,
    checked: row.checked,
    differenceCount: row.difference_count,
    differences: row.differences,
  };
}

function toView(row: AuditRow): AuditView {
  const report = toReport(row);
  const { actor } = row;
  if (report) return { state: 'done', ...report, ...(actor && { actor }) };
  return {
    auditId: row.audit_id,
    state: 'running',
    ...(row.since && { since: row.since.toISOString() }),
    startedAt: row.started_at.toISOString(),
    checked: row.checked,
    ...(actor && { actor }),
  };
}
