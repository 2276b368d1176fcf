import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/**
 * Runs a program to its end.
 *
 * @throws with the line of its output that says why; when there is no such program
 */
export function runCommand(
  command: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<void> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', () => {
      reject(new Error(`${command} is not installed`));
    });
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command}: ${reasonIn(output)}`));
    });
  });
}

/** Maven says what happened in its first line of level ERROR, other programs in their last line. */
function reasonIn(output: string): string {
  const lines = stripVTControlCharacters(output)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.find((line) => line.startsWith('[ERROR]')) ?? lines.at(-1) ?? 'it failed';
}
