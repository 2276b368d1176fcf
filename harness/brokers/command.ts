import { spawn } from 'node:child_process';

/**
 * Runs a program to its end.
 *
 * @throws with the last line of its output; when there is no such program
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
      else reject(new Error(`${command}: ${output.trim().split('\n').at(-1) ?? 'it failed'}`));
    });
  });
}
