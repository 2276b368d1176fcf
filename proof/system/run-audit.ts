import type { AuditView } from '../../src/contracts/http/audit.ts';
import { waitFor } from '../../harness/wait-for.ts';
import type { Shop } from './shop.ts';

const TIMEOUT_MS = 60_000;

/** The report of the product's own audit, as an operator gets it. `since`: ISO 8601, undefined for everything. */
export async function runAudit({ api }: Shop, since: string | undefined): Promise<AuditView> {
  const { auditId } = await api.startAudit(since);
  return waitFor(
    `the audit ${auditId} has ended`,
    async () => {
      const audit = await api.getAudit(auditId);
      return audit.state !== 'running' && audit;
    },
    TIMEOUT_MS,
  );
}
