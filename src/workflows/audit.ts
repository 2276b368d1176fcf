import { defineSearchAttributeKey } from '@temporalio/common';
import { log, proxyActivities, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { AuditActivities, AuditSummary } from '../contracts/http/audit.ts';
import { auditIdOf, SEARCH_ATTRIBUTES } from '../contracts/temporal/names.ts';
import type { AuditInput } from '../contracts/temporal/workflows.ts';

const { name, type } = SEARCH_ATTRIBUTES.needsAttention;
const NEEDS_ATTENTION = defineSearchAttributeKey(name, type);

/** One hour is enough for millions of orders. The missing heartbeat shows that a worker has died meanwhile. */
const { runAudit } = proxyActivities<AuditActivities>({
  startToCloseTimeout: '1h',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '2s', backoffCoefficient: 3, maximumInterval: '5m', maximumAttempts: 5 },
});

/**
 * Compares the records of PostgreSQL, the payment provider and Temporal with each other. An audit that found differences,
 * or that failed, sets the search attribute `NeedsAttention`.
 */
export async function audit({ since }: AuditInput = {}): Promise<AuditSummary> {
  const auditId = auditIdOf(workflowInfo().workflowId);
  try {
    const summary = await runAudit({ auditId, ...(since !== undefined && { since }) });
    if (!summary.clean) {
      setNeedsAttention();
      log.error('audit found differences', { auditId, differences: summary.differenceCount });
    }
    return summary;
  } catch (error) {
    setNeedsAttention();
    log.error('audit failed', { auditId });
    throw error;
  }
}

const setNeedsAttention = (): void => {
  upsertSearchAttributes([{ key: NEEDS_ATTENTION, value: true }]);
};
