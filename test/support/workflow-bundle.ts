import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflows } from '../../src/workers/workflow-bundle.ts';
import { sharedServer } from '../../harness/servers/shared.ts';
import { temporaryFolder } from '../../harness/servers/test-servers.ts';

/** The workflows from their sources, bundled once in a test run. */
export const testWorkflowBundle = sharedServer('workflow bundle', async () => {
  const codePath = join(temporaryFolder(), 'workflow-bundle.js');
  writeFileSync(codePath, (await bundleWorkflows()).code);
  return { codePath };
});
