/**
 * Checks the types of the sources, and again whenever one changes. `npm run dev` starts this process with the lowest priority, because
 * nothing waits for it.
 */
import { join } from 'node:path';
import ts from 'typescript';
import { packageRoot } from '../../src/platform/package-root.ts';
import { lowerPriority } from './lower-priority.ts';

lowerPriority();
process.once('disconnect', () => process.exit());
process.send?.({ type: 'ready' });

const root = packageRoot();
const format: ts.FormatDiagnosticsHost = {
  getCurrentDirectory: () => root,
  getCanonicalFileName: (file) => file,
  getNewLine: () => '\n',
};
let errors: number | undefined;

ts.createWatchProgram(
  ts.createWatchCompilerHost(
    join(root, 'tsconfig.build.json'),
    { noEmit: true, incremental: true, tsBuildInfoFile: join(root, '.cache/types.tsbuildinfo') },
    ts.sys,
    undefined,
    (diagnostic) => {
      const text = process.stdout.isTTY
        ? ts.formatDiagnosticsWithColorAndContext([diagnostic], format)
        : ts.formatDiagnostic(diagnostic, format);
      process.stdout.write(`${text}\n`);
    },
    (_status, _newLine, _options, found) => {
      // Undefined: a check has begun.
      if (found === undefined || (found === 0 && errors === 0)) return;
      errors = found;
      process.stdout.write(
        `  types        ${found === 0 ? 'no errors' : `see the errors above (${found})`}\n`,
      );
    },
  ),
);
