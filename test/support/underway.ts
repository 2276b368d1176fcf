import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { checkoutWorkflowId } from '../../src/contracts/temporal/names.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import type { System } from './system.ts';

/** Waits until the order is in the middle of a step that takes longer than its task. */
export async function activityUnderWay(system: System, orderId: string): Promise<void> {
  const connection = await Connection.connect({ address: system.state().urls['temporal'] ?? '' });
  try {
    const handle = new Client({ connection }).workflow.getHandle(checkoutWorkflowId(orderId));
    await waitUntilPasses(async () => {
      const { raw } = await handle.describe();
      assert.ok((raw.pendingActivities ?? []).length > 0, 'no activity is under way');
    });
  } finally {
    await connection.close();
  }
}
