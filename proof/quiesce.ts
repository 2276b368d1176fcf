import type { Placed } from './load.ts';
import type { Shop } from './shop.ts';
import { waitThroughFaults } from '../harness/wait-for.ts';

/** @throws naming some of what is not over in time */
export async function untilAllOver(shop: Shop, deadlineMs: number): Promise<void> {
  await waitThroughFaults('every order is at its end', () => allOver(shop), deadlineMs).catch(
    async (error: unknown) => {
      throw new Error(`${String(error)}: ${(await stillRunning(shop)).join(', ')}`, { cause: error });
    },
  );
}

async function allOver({ temporal }: Shop): Promise<boolean> {
  return (await temporal.workflow.count(`ExecutionStatus = 'Running'`)).count === 0;
}

const NAMED = 5;

/** Some of what is not over. */
async function stillRunning({ temporal }: Shop): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId } of temporal.workflow.list({ query: `ExecutionStatus = 'Running'` })) {
    ids.push(workflowId);
    if (ids.length === NAMED) break;
  }
  return ids;
}

/** Orders that have come to another end than their customer may expect. */
export async function wrongEnds({ pool }: Shop, placed: readonly Placed[]): Promise<string[]> {
  const { rows } = await pool.query<{ order_id: string; status: string }>(
    'select order_id, status from orders where order_id = any($1)',
    [placed.map(({ orderId }) => orderId)],
  );
  const statuses = new Map(rows.map(({ order_id, status }) => [order_id, status]));
  return placed.flatMap(({ orderId, ends }) => {
    const status = statuses.get(orderId) ?? 'lost';
    return ends.includes(status) ? [] : [`${orderId} is ${status}, not ${ends.join(' or ')}`];
  });
}
