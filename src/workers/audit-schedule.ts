import {
  type Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleOptions,
} from '@temporalio/client';
import { AUDIT_SCHEDULE, AUDIT_WORKFLOW, auditWorkflowId, TASK_QUEUES } from '../contracts/temporal/names.ts';
import type { Logger } from '../platform/logging.ts';

/** A worker that was away for so long has missed a run; the next night makes up for it. */
const CATCHUP_WINDOW = '6h';

/**
 * Has Temporal run the audit at these times (a cron expression in UTC), or no more (`undefined`). Safe to repeat, and by
 * several workers at once. Without it orders are carried on as before, so that it fails is told and stops nothing.
 */
export async function ensureAuditSchedule(
  client: Client,
  cron: string | undefined,
  logger: Logger,
): Promise<void> {
  try {
    await (cron === undefined ? removeSchedule(client) : putSchedule(client, cron));
  } catch (error) {
    logger.warn({ cause: String(error) }, 'the audit is not scheduled');
  }
}

async function putSchedule(client: Client, cron: string): Promise<void> {
  const schedule = {
    spec: { cronExpressions: [cron] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCHUP_WINDOW },
    action: {
      type: 'startWorkflow',
      workflowType: AUDIT_WORKFLOW,
      // Temporal puts the time of the run behind it.
      workflowId: auditWorkflowId('nightly'),
      taskQueue: TASK_QUEUES.checkout,
      args: [{}],
    },
  } satisfies Omit<ScheduleOptions, 'scheduleId'>;
  try {
    await client.schedule.create({ scheduleId: AUDIT_SCHEDULE, ...schedule });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    // What an operator has set, that it is paused for one, stays.
    await client.schedule.getHandle(AUDIT_SCHEDULE).update(({ state }) => ({ ...schedule, state }));
  }
}

async function removeSchedule(client: Client): Promise<void> {
  try {
    await client.schedule.getHandle(AUDIT_SCHEDULE).delete();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}
