/** The entry of the application in `npm run dev`, with the workflow bundle that `npm run dev` keeps up to date. */
import { startProcess } from '../../src/app/start-process.ts';
import { BUNDLE_VARIABLE } from './bundle-variable.ts';

await startProcess({ workflowBundle: { codePath: process.env[BUNDLE_VARIABLE] ?? '' } });
