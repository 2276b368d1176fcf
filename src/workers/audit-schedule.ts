import {
  type Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleOptions,
} from '@temporalio/client';
import { AUDIT_SCHEDULE, AUDIT_WORKFLOW, auditWorkflowId, TASK_QUEUES } from '../contracts/temporal/names.ts';
import type { Logger } from '../platform/logging.ts';

/** A run that Temporal could not start for longer than this is skipped; the next night's audit covers its time. */
const CATCHUP_WINDOW = '6h';

/**
 * Creates or updates the schedule of the audit by a cron expression in UTC, or deletes it (`undefined`). Safe to run twice,
 * and by several workers at once. Orders do not depend on the schedule, so a failure is logged and not thrown.
 */
export async function ensureAuditSchedule(
  client: Client,
  cron: string | undefined,
  logger: Logger,
): Promise<void> {
  try {
    await (cron === undefined ? deleteSchedule(client) : createOrUpdateSchedule(client, cron));
  } catch (error) {
    logger.warn({ cause: String(error) }, 'worker could not schedule the audit');
  }
}

async function createOrUpdateSchedule(client: Client, cron: string): Promise<void> {
  const schedule = {
    spec: { cronExpressions: [cron] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCHUP_WINDOW },
    action: {
      type: 'startWorkflow',
      workflowType: AUDIT_WORKFLOW,
      // Temporal appends the time of the run.
      workflowId: auditWorkflowId('nightly'),
      taskQueue: TASK_QUEUES.checkout,
      args: [{}],
    },
  } satisfies Omit<ScheduleOptions, 'scheduleId'>;
  try {
    await client.schedule.create({ scheduleId: AUDIT_SCHEDULE, ...schedule });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    // `state` keeps what an operator has set, for example that the schedule is paused.
    await client.schedule.getHandle(AUDIT_SCHEDULE).update(({ state }) => ({ ...schedule, state }));
  }
}

async function deleteSchedule(client: Client): Promise<void> {
  try {
    await client.schedule.getHandle(AUDIT_SCHEDULE).delete();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}
