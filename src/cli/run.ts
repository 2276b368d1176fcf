import { CommanderError } from 'commander';
import { messageOf } from '../../harness/api/errors.ts';
import { CliError, codeOf, isUserError } from './support/errors.ts';
import { createProgram } from './program.ts';
import { paint, writeJsonLine, writeLine, type Terminal } from './output/terminal.ts';

/**
 * Runs one command line, without the names of Node and the script. Returns the exit code: 0, or 1 (some commands have others)
 * with one line on standard error. An unexpected error is thrown, so that its stack is printed.
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode; // commander has printed the error or the help
    if (!isUserError(error)) throw error;
    const message = messageOf(error);
    if (args.includes('--json')) writeJsonLine(terminal.stderr, { error: { code: codeOf(error), message } });
    else writeLine(terminal.stderr, paint(terminal.stderr, 'red', message));
    return error instanceof CliError ? error.exitCode : 1;
  }
}
