import type { Client } from '@temporalio/client';
import { TASK_QUEUES } from '../../contracts/temporal/names.ts';

/** Milliseconds. The figures of `GET /v1/stats` do not wait longer for Temporal. */
const DEADLINE_MS = 2_000;

/**
 * How many running workflows have a task that fails again and again, so that they stand still: a code change that does not suit their
 * history, or an error that no code catches. Temporal marks them after some attempts, within a minute or two. `undefined`: Temporal
 * cannot be reached, or is too old to mark them (before 1.30).
 */
export async function countStuckWorkflows(
  client: Client,
  queues: readonly string[] = [TASK_QUEUES.checkout, TASK_QUEUES.fulfilment],
): Promise<number | undefined> {
  const names = queues.map((queue) => `'${queue}'`).join(', ');
  const query = `TaskQueue in (${names}) and ExecutionStatus = 'Running' and TemporalReportedProblems is not null`;
  try {
    const { namespace } = client.options;
    const { count } = await client.withDeadline(Date.now() + DEADLINE_MS, () =>
      client.workflowService.countWorkflowExecutions({ namespace, query }),
    );
    return Number(count);
  } catch {
    return undefined;
  }
}
