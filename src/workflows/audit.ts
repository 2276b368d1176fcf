import { defineSearchAttributeKey } from '@temporalio/common';
import { log, proxyActivities, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { AuditActivities, AuditSummary } from '../contracts/http/audit.ts';
import { auditIdOf, SEARCH_ATTRIBUTES, type AuditInput } from '../contracts/temporal/names.ts';

const { name, type } = SEARCH_ATTRIBUTES.needsAttention;
const NEEDS_ATTENTION = defineSearchAttributeKey(name, type);

/** An hour is enough for millions of orders; a worker that dies meanwhile is noticed by its missing heartbeat. */
const { runAudit } = proxyActivities<AuditActivities>({
  startToCloseTimeout: '1h',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '2s', backoffCoefficient: 3, maximumInterval: '5m', maximumAttempts: 5 },
});

/**
 * Compares all books with each other. Differences, and an audit that cannot be carried through, are for somebody to look
 * into: its run is found by `NeedsAttention`.
 */
export async function audit({ since }: AuditInput = {}): Promise<AuditSummary> {
  const auditId = auditIdOf(workflowInfo().workflowId);
  try {
    const found = await runAudit({ auditId, ...(since !== undefined && { since }) });
    if (!found.clean) {
      raiseAttention();
      log.error('the audit found differences', { auditId, differences: found.differenceCount });
    }
    return found;
  } catch (error) {
    raiseAttention();
    log.error('the audit could not be carried through', { auditId });
    throw error;
  }
}

const raiseAttention = (): void => {
  upsertSearchAttributes([{ key: NEEDS_ATTENTION, value: true }]);
};
