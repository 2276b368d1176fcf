/** Runs in `npm run build`, after the compiler, so that processes need not bundle the workflows at each start. */
import { writeFile } from 'node:fs/promises';
import { BUILT_BUNDLE, BUILT_TRACED_BUNDLE, bundleWorkflows } from './workflow-bundle.ts';

for (const [path, traced] of [
  [BUILT_BUNDLE, false],
  [BUILT_TRACED_BUNDLE, true],
] as const)
  await writeFile(path, (await bundleWorkflows({ traced })).code);
