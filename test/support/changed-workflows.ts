import assert from 'node:assert/strict';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { temporaryFolder } from '../../harness/servers/test-servers.ts';

/** A change of one file of `src/workflows`: the text `from`, which must exist, is replaced by `to`. */
export interface CodeChange {
  file: string;
  from: string;
  to: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles the workflows with a change. Takes some seconds. */
export async function bundleChanged({ file, from, to }: CodeChange): Promise<{ code: string }> {
  const folder = temporaryFolder();
  for (const part of ['contracts', 'domain', 'workflows'])
    cpSync(join(root, 'src', part), join(folder, 'src', part), { recursive: true });
  for (const name of ['node_modules', 'package.json', 'tsconfig.json'])
    symlinkSync(join(root, name), join(folder, name));

  const path = join(folder, 'src/workflows', file);
  const before = readFileSync(path, 'utf8');
  assert.ok(
    before.includes(from),
    `${file} no longer contains the text that this change replaces; adapt the change:\n${from}`,
  );
  writeFileSync(path, before.replace(from, to));
  return bundleWorkflowCode({
    workflowsPath: join(folder, 'src/workflows/index.ts'),
    logger: new DefaultLogger('ERROR'),
  });
}
