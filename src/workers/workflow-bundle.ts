import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';

/** Where `npm run build` writes the bundle, beside the compiled sources. */
export const BUILT_BUNDLE = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

/** The same, with the interceptors that hand traces on. */
export const BUILT_TRACED_BUNDLE = fileURLToPath(new URL('../workflow-bundle-traced.js', import.meta.url));

export interface BundleOptions {
  /** Whether workflows make spans. Default: they do not, and the bundle has no code of traces. */
  readonly traced?: boolean;
}

const bundles = new Map<string, Promise<WorkflowBundleOption>>();

/** The workflows as one file for the SDK's sandbox: the built bundle, or one that is made once per process from the sources. */
export function workflowBundle(options: BundleOptions = {}): Promise<WorkflowBundleOption> {
  const codePath = options.traced === true ? BUILT_TRACED_BUNDLE : BUILT_BUNDLE;
  const bundled =
    bundles.get(codePath) ??
    (existsSync(codePath) ? Promise.resolve({ codePath }) : bundleWorkflows(options));
  bundles.set(codePath, bundled);
  return bundled;
}

/** Bundles the workflows from their sources. Takes some seconds. */
export async function bundleWorkflows({ traced = false }: BundleOptions = {}): Promise<{ code: string }> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const pathOf = (name: string): string =>
    fileURLToPath(new URL(`../workflows/${name}.${extension}`, import.meta.url));
  return bundleWorkflowCode({
    workflowsPath: pathOf('index'),
    ...(traced && { workflowInterceptorModules: [pathOf('trace-interceptors')] }),
    payloadConverterPath: pathOf('payload-converter'),
    // Evaluated once for each process instead of for each workflow. Their modules hold constants only, which a lint rule asserts.
    preloadModules: [pathOf('index')],
    logger: new DefaultLogger('WARN'),
  });
}
