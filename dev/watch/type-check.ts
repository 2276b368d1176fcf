/**
 * Checks the types of the sources, and again whenever one changes. `npm run dev` starts this process with the lowest priority, because
 * nothing waits for it.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { packageRoot } from '../../src/platform/package-root.ts';

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
      process.stdout.write(`  types        ${found === 0 ? 'no errors' : `${found} errors, see above`}\n`);
    },
  ),
);

/** Linux may share the processor among the process groups first (autogroups), and only then by the priorities of processes. */
function lowerPriority(): void {
  const autogroup = '/proc/self/autogroup';
  setPriority(constants.priority.PRIORITY_LOW);
  if (existsSync(autogroup)) writeFileSync(autogroup, String(constants.priority.PRIORITY_LOW));
}
