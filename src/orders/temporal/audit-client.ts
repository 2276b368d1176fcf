import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { AuditLog } from '../../adapters/postgres/audit/audit-log.ts';
import type { AuditView } from '../../contracts/http/audit.ts';
import { Problem } from '../../contracts/errors.ts';
import { AUDIT_WORKFLOW, TASK_QUEUES, auditWorkflowId } from '../../contracts/temporal/names.ts';
import type { AuditInput } from '../../contracts/temporal/workflows.ts';
import { outageProblem } from '../outage.ts';

/** How often it is looked whether an audit is done, while somebody waits; milliseconds. */
const POLL_INTERVAL_MS = 250;
/** How long Temporal may take to answer; milliseconds. */
const DEADLINE_MS = 5_000;

/** Audits, as whoever asks for them sees them. */
export interface AuditClient {
  /** Begins one, and answers its id as soon as it is durable. */
  start(input: AuditInput): Promise<string>;
  /** @throws {Problem} `audit_not_found` */
  find(auditId: string): Promise<AuditView>;
  /** As soon as it has ended, or as it is after `waitMs`. */
  outcome(auditId: string, waitMs: number, isAbandoned?: () => boolean): Promise<AuditView>;
  /** Newest first, without their differences. */
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
    // It may have ended since it was looked for.
    if (status !== 'RUNNING') {
      const ended = await log.find(auditId);
      if (ended?.state === 'done') return ended;
      if (ended) return { ...ended, state: 'failed' };
      if (status === undefined) throw new Problem('audit_not_found', 'No audit has this id.');
      return { auditId, state: 'failed', checked };
    }
    return stored ?? { auditId, state: 'running', checked };
  }

  /** It has been begun: that it cannot be asked for at this moment is no reason to tell its caller otherwise. */
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
          staticSummary: input.since === undefined ? 'every order' : `orders since ${input.since}`,
        }),
      );
      return auditId;
    },

    find,

    async outcome(auditId, waitMs, isAbandoned = () => false) {
      const deadline = Date.now() + waitMs;
      for (;;) {
        const audit = await findOrRunning(auditId);
        const left = deadline - Date.now();
        if (audit.state !== 'running' || left <= 0 || isAbandoned()) return audit;
        await delay(Math.min(POLL_INTERVAL_MS, left));
      }
    },

    list: (limit) => log.list(limit),
  };
}
