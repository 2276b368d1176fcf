import { mkdirSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import ts from 'typescript';

/** The process under test runs the built product: a new process would take twice as long to import the sources. */
const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const FILES = ['worker', 'crash-control', 'crash-point', 'activity-reported', 'order-of-workflow'];

export interface Built {
  /** The main file of the worker process. */
  readonly workerFile: string;
  /** The workflows, with the interceptor that counts activations. */
  readonly workflowBundle: string;
}

/**
 * Compiles the worker process of the proof so that it imports the product from `dist`, and bundles the workflows; takes a few
 * seconds. `folder` must be within the project, so that packages are found from it.
 */
export async function build(folder: string): Promise<Built> {
  if (!existsSync(join(dist, 'src', 'workers', 'workers.js')))
    throw new Error('There is no dist/src/workers/workers.js: run `npm run build` first.');
  mkdirSync(folder, { recursive: true });
  for (const name of FILES) {
    const source = readFileSync(new URL(`${name}.ts`, import.meta.url), 'utf8');
    writeFileSync(join(folder, `${name}.mjs`), compile(source));
  }
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(dist, 'src', 'workflows', 'index.js'),
    workflowInterceptorModules: [fileURLToPath(new URL('crash-interceptor.ts', import.meta.url))],
    logger: new DefaultLogger('WARN'),
  });
  const workflowBundle = join(folder, 'workflow-bundle.js');
  writeFileSync(workflowBundle, code);
  return { workerFile: join(folder, 'worker.mjs'), workflowBundle };
}

function compile(source: string): string {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      verbatimModuleSyntax: true,
    },
  });
  return outputText
    .replaceAll(
      /from '(?:\.\.\/)+((?:src|dev|harness|sandbox)\/.+)\.ts'/g,
      (_, path: string) => `from '${pathToFileURL(dist).href}${path}.js'`,
    )
    .replaceAll(/from '\.\/(.+)\.ts'/g, "from './$1.mjs'");
}
