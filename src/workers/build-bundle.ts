/** Runs in `npm run build`, after the compiler, so that processes need not bundle the workflows at each start. */
import { writeFile } from 'node:fs/promises';
import { BUILT_BUNDLE, bundleWorkflows } from './workflow-bundle.ts';

const { code } = await bundleWorkflows();
await writeFile(BUILT_BUNDLE, code);
