import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { checkoutWorkflowId } from '../../src/contracts/temporal/names.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import type { System } from './system.ts';

/** Waits until an activity of the order's workflow is pending. */
export async function waitForPendingActivity(system: System, orderId: string): Promise<void> {
  const connection = await Connection.connect({ address: system.state().urls['temporal'] ?? '' });
  try {
    const handle = new Client({ connection }).workflow.getHandle(checkoutWorkflowId(orderId));
    await waitUntilPasses(async () => {
      const { raw } = await handle.describe();
      assert.ok((raw.pendingActivities ?? []).length > 0, 'no activity is pending');
    });
  } finally {
    await connection.close();
  }
}
