import assert from 'node:assert/strict';
import { countStuckWorkflows } from '../../src/adapters/temporal/stuck-workflows.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { startFailingWorkflow } from '../support/failing-workflow.ts';

describe('a workflow whose task fails again and again', function () {
  this.timeout(240_000);

  it('is counted as stuck within two minutes', async () => {
    const failing = await startFailingWorkflow();
    try {
      await waitUntilPasses(async () => {
        assert.equal(await countStuckWorkflows(failing.client, [failing.taskQueue]), 1);
      }, 120_000);
    } finally {
      await failing.stop();
    }
  });
});
