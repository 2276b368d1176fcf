import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';

/** Where `npm run build` writes the bundle, beside the compiled sources. */
export const BUILT_BUNDLE = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

let bundled: Promise<WorkflowBundleOption> | undefined;

/** The workflows as one file for the SDK's sandbox: the built bundle, or one that is made once per process from the sources. */
export function workflowBundle(): Promise<WorkflowBundleOption> {
  bundled ??= existsSync(BUILT_BUNDLE) ? Promise.resolve({ codePath: BUILT_BUNDLE }) : bundleWorkflows();
  return bundled;
}

/** Bundles the workflows from their sources. Takes some seconds. */
export async function bundleWorkflows(): Promise<{ code: string }> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const pathOf = (name: string): string =>
    fileURLToPath(new URL(`../workflows/${name}.${extension}`, import.meta.url));
  return bundleWorkflowCode({
    workflowsPath: pathOf('index'),
    payloadConverterPath: pathOf('payload-converter'),
    // Evaluated once for each process instead of for each workflow. Their modules hold constants only, which a lint rule asserts.
    preloadModules: [pathOf('index')],
    logger: new DefaultLogger('WARN'),
  });
}
