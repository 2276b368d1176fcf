import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { AuditLog } from '../../adapters/postgres/audit/audit-log.ts';
import type { AuditView } from '../../contracts/http/audit.ts';
import { Problem } from '../../contracts/errors.ts';
import { AUDIT_WORKFLOW, TASK_QUEUES, auditWorkflowId } from '../../contracts/temporal/names.ts';
import type { AuditInput } from '../../contracts/temporal/workflows.ts';
import { outageProblem } from '../lib/outage.ts';

/** How often a running audit is read while a caller waits for it. Milliseconds. */
const POLL_INTERVAL_MS = 250;
/** How long Temporal may take to answer. Milliseconds. */
const DEADLINE_MS = 5_000;

/** Starts audits and finds their results. */
export interface AuditClient {
  /** Starts an audit, and returns its id as soon as it is durable. */
  start(input: AuditInput): Promise<string>;
  /** @throws {Problem} `audit_not_found` */
  find(auditId: string): Promise<AuditView>;
  /** Returns the audit as soon as it has ended, or as it is after `waitMs`. `isAbandoned` returning true ends the wait. */
  outcome(auditId: string, waitMs: number, isAbandoned?: () => boolean): Promise<AuditView>;
  /** Returns the newest audits first, without their differences. */
  list(limit: number): Promise<AuditView[]>;
}

export function createAuditClient(
  client: Client,
  log: AuditLog,
  taskQueue: string = TASK_QUEUES.checkout,
): AuditClient {
  async function find(auditId: string): Promise<AuditView> {
    const stored = await log.find(auditId);
    if (stored?.state === 'done') return stored;
    const status = await statusOf(auditId);
    const checked = {};
    // The audit may have ended since it was read.
    if (status !== 'RUNNING') {
      const ended = await log.find(auditId);
      if (ended?.state === 'done') return ended;
      if (ended) return { ...ended, state: 'failed' };
      if (status === undefined) throw new Problem('audit_not_found', `There is no audit ${auditId}.`);
      return { auditId, state: 'failed', checked };
    }
    return stored ?? { auditId, state: 'running', checked };
  }

  /** The audit was started: a failure to read it at this moment must not fail the caller's request. */
  async function findOrRunning(auditId: string): Promise<AuditView> {
    try {
      return await find(auditId);
    } catch (error) {
      if (!outageProblem(error)) throw error;
      return { auditId, state: 'running', checked: {} };
    }
  }

  async function statusOf(auditId: string): Promise<string | undefined> {
    try {
      const workflow = client.workflow.getHandle(auditWorkflowId(auditId));
      return (await client.withDeadline(Date.now() + DEADLINE_MS, () => workflow.describe())).status.name;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  return {
    async start(input) {
      const auditId = randomUUID();
      await client.withDeadline(Date.now() + DEADLINE_MS, () =>
        client.workflow.start(AUDIT_WORKFLOW, {
          workflowId: auditWorkflowId(auditId),
          taskQueue,
          args: [input],
          staticSummary: input.since === undefined ? 'the usual time' : `orders since ${input.since}`,
        }),
      );
      return auditId;
    },

    find,

    async outcome(auditId, waitMs, isAbandoned = () => false) {
      const deadline = Date.now() + waitMs;
      for (;;) {
        const audit = await findOrRunning(auditId);
        const leftMs = deadline - Date.now();
        if (audit.state !== 'running' || leftMs <= 0 || isAbandoned()) return audit;
        await delay(Math.min(POLL_INTERVAL_MS, leftMs));
      }
    },

    list: (limit) => log.list(limit),
  };
}
