import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createImportGraph } from '../../dev/files/import-graph.ts';
import { temporaryFolder } from '../../harness/servers/test-servers.ts';

describe('the import graph', () => {
  const folder = temporaryFolder();
  const file = (name: string): string => join(folder, name);
  const write = (name: string, ...lines: string[]): void => {
    writeFileSync(file(name), lines.join('\n'));
  };
  const names = (files: ReadonlySet<string>): string[] =>
    [...files].map((path) => path.slice(folder.length + 1)).sort();

  before(() => {
    mkdirSync(file('lib'));
    write(
      'main.ts',
      "import { readFile } from 'node:fs/promises';",
      "import pg, { type Pool } from 'pg';",
      "import type { Options } from './types.ts';",
      "import './effects.ts';",
      'import {',
      '  one,',
      '  type Two,',
      "} from './lib/one.ts';",
      "export * from './again.ts';",
      "export const text = './text.ts';",
      "const late = () => import('./late.ts');",
    );
    write('lib/one.ts', "export { two } from '../two.ts';", "export type { Three } from '../three.ts';");
    write('again.ts', "import './main.ts';", "import 'pino';");
  });

  it('follows imports and exports of files, not those of types', () => {
    assert.deepEqual(names(createImportGraph().reachableFrom(file('main.ts'))), [
      'again.ts',
      'effects.ts',
      'late.ts',
      'lib/one.ts',
      'main.ts',
      'two.ts',
    ]);
  });

  it('knows the packages', () => {
    const packages = createImportGraph().packagesOf(file('main.ts'));
    assert.deepEqual([...packages].sort(), ['node:fs/promises', 'pg', 'pino']);
  });

  it('reads a file again after it was forgotten', () => {
    const graph = createImportGraph();
    graph.reachableFrom(file('main.ts'));
    write('two.ts', "import './four.ts';");
    assert.ok(!graph.reachableFrom(file('main.ts')).has(file('four.ts')));
    graph.forget(file('two.ts'));
    assert.ok(graph.reachableFrom(file('main.ts')).has(file('four.ts')));
  });
});
