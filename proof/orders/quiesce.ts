import type { Placed } from './load.ts';
import type { Shop } from '../system/shop.ts';
import { waitThroughFaults } from '../../harness/wait-for.ts';

/** Waits until no workflow runs any more. @throws with the ids of some that still do */
export async function waitUntilAllEnded(shop: Shop, timeoutMs: number): Promise<void> {
  await waitThroughFaults('every order has ended', () => haveAllEnded(shop), timeoutMs).catch(
    async (error: unknown) => {
      throw new Error(`${String(error)}: ${(await stillRunning(shop)).join(', ')}`, { cause: error });
    },
  );
}

async function haveAllEnded({ temporal }: Shop): Promise<boolean> {
  return (await temporal.workflow.count(`ExecutionStatus = 'Running'`)).count === 0;
}

const MAX_NAMED = 5;

/** The ids of some workflows that still run. */
async function stillRunning({ temporal }: Shop): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId } of temporal.workflow.list({ query: `ExecutionStatus = 'Running'` })) {
    ids.push(workflowId);
    if (ids.length === MAX_NAMED) break;
  }
  return ids;
}

/** Orders that ended in another status than what their customer did allows. */
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
