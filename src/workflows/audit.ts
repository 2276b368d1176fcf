import { defineSearchAttributeKey } from '@temporalio/common';
import {
  log,
  patched,
  proxyActivities,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { RECHECK_PAUSES_MS } from '../contracts/audited.ts';
import type { AuditActivities, AuditCommand, AuditSummary } from '../contracts/http/audit.ts';
import { auditIdOf, SEARCH_ATTRIBUTES } from '../contracts/temporal/names.ts';
import type { AuditInput } from '../contracts/temporal/workflows.ts';

const { name, type } = SEARCH_ATTRIBUTES.needsAttention;
const NEEDS_ATTENTION = defineSearchAttributeKey(name, type);

/**
 * A step reads millions of records page by page, and another attempt goes on where the one before stood. The missing heartbeat shows that a
 * worker has died meanwhile. Together the attempts wait for more than an hour, as long as the provider may be down.
 */
const steps = proxyActivities<AuditActivities>({
  startToCloseTimeout: '1d',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '2s', backoffCoefficient: 3, maximumInterval: '5m', maximumAttempts: 20 },
});

/** An audit that a process of 0.2 has begun is one activity. */
const IN_STEPS = 'audit-in-steps';
const { runAudit } = proxyActivities<AuditActivities>({
  startToCloseTimeout: '1h',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '2s', backoffCoefficient: 3, maximumInterval: '5m', maximumAttempts: 5 },
});

/**
 * Compares the records of PostgreSQL, the payment provider and Temporal with each other. An audit that found differences,
 * or that failed, sets the search attribute `NeedsAttention`.
 */
export async function audit({ since, actor }: AuditInput = {}): Promise<AuditSummary> {
  const auditId = auditIdOf(workflowInfo().workflowId);
  const command = { auditId, ...(since !== undefined && { since }), ...(actor && { actor }) };
  try {
    const summary = await (patched(IN_STEPS) ? auditInSteps(command) : runAudit(command));
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

async function auditInSteps(command: AuditCommand): Promise<AuditSummary> {
  const finished = await steps.beginAudit(command);
  if (finished) return finished;
  const audited = { auditId: command.auditId };
  await steps.collectOrders(audited);
  await steps.readPayments(audited);
  await steps.readRefunds(audited);
  await steps.readOlderPayments(audited);
  await steps.readLabels(audited);
  await steps.readClosedWorkflows(audited);
  await steps.readRunningWorkflows(audited);
  await steps.compareRecords(audited);
  for (const pauseMs of RECHECK_PAUSES_MS) {
    await sleep(pauseMs);
    if ((await steps.recheckDifferences(audited)) === 0) break;
  }
  return steps.finishAudit(audited);
}

const setNeedsAttention = (): void => {
  upsertSearchAttributes([{ key: NEEDS_ATTENTION, value: true }]);
};
