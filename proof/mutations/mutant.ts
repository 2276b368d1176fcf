import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import ts from 'typescript';
import { isSourceChange, type Change } from './mutation.ts';
import { changedSources, readSources } from './product-sources.ts';

/** What goes into the workflow bundle. */
const BUNDLED = /^(contracts|domain|workflows)\//;

/** Copies of the product, each compiled with a mutation. They lie within the project, so that their packages are found. */
export interface Mutants {
  /** The folder of the product compiled with these changes. */
  compile(name: string, changes: readonly Change[]): Promise<string>;
}

/** Compiles the product without changes, in some seconds. Each mutant is a copy of that, in which only the changed files differ. */
export async function createMutants(folder: string): Promise<Mutants> {
  const original = join(folder, 'original');
  // Read once, so that a source that is edited in the meantime changes no mutant.
  const sources = readSources();
  for (const [file, source] of sources) compile(original, file, source);
  await bundle(original);

  return {
    async compile(name, changes) {
      const changed = changedSources(sources, changes.filter(isSourceChange));
      if (changed.size === 0) return original;
      const copy = join(folder, name);
      cpSync(original, copy, { recursive: true });
      for (const [file, source] of changed) compile(copy, file, source);
      if ([...changed.keys()].some((file) => BUNDLED.test(file))) await bundle(copy);
      return copy;
    },
  };
}

function compile(folder: string, file: string, source: string): void {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  const path = join(folder, file.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, outputText);
}

async function bundle(folder: string): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(folder, 'workflows', 'index.js'),
    logger: new DefaultLogger('ERROR'),
  });
  writeFileSync(join(folder, 'workflow-bundle.js'), code);
}
