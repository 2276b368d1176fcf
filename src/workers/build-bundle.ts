/** Run by `npm run build`, after the compiler: the workflow bundle is made once, not at each start. */
import { writeFile } from 'node:fs/promises';
import { BUILT_BUNDLE, bundleWorkflows } from './workflow-bundle.ts';

const { code } = await bundleWorkflows();
await writeFile(BUILT_BUNDLE, code);
