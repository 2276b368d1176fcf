import { PassThrough } from 'node:stream';
import { createProgram } from '../../../src/cli/program.ts';
import { run } from '../../../src/cli/run.ts';
import type { Terminal } from '../../../src/cli/output/terminal.ts';

/** Prints, for each command, its name and the first line of its `--help`, all in one process. */
const quiet = new PassThrough();
const terminalTo = (stdout: PassThrough): Terminal => ({
  stdout,
  stderr: quiet,
  env: {},
  interrupted: () => new AbortController().signal,
});

for (const { name, options } of createProgram(terminalTo(quiet)).commands.map((command) => ({
  name: command.name(),
  options: command.options.length,
}))) {
  if (options > 0) throw new Error(`${name} is defined before it is asked for`);
  const stdout = new PassThrough();
  const exitCode = await run([name, '--help'], terminalTo(stdout));
  const [usage = ''] = String(stdout.read()).split('\n');
  process.stdout.write(`${exitCode} ${usage}\n`);
}
