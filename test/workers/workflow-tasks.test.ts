import assert from 'node:assert/strict';
import { countStuckWorkflows } from '../../src/adapters/temporal/stuck-workflows.ts';
import { failedWorkflowTasks } from '../../src/platform/temporal.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { startFailingWorkflow, type FailingWorkflow } from '../support/failing-workflow.ts';

describe('a workflow task that fails', function () {
  this.timeout(60_000);
  let failing: FailingWorkflow;
  let earlier: number;

  before(async () => {
    earlier = failedWorkflowTasks();
    failing = await startFailingWorkflow();
  });
  after(() => failing.stop());

  it('is counted by the process of its worker', async () => {
    await waitUntilPasses(() => {
      assert.ok(failedWorkflowTasks() > earlier);
    });
  });

  it('is not stuck yet when it has failed once', async () => {
    assert.equal(await countStuckWorkflows(failing.client, [failing.taskQueue]), 0);
  });
});
