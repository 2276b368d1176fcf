import { spawn } from 'node:child_process';

/**
 * Runs a program to its end.
 *
 * @throws with the last line that it has said, or that there is no such program
 */
export function runCommand(
  command: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<void> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', () => {
      reject(new Error(`there is no ${command}`));
    });
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command}: ${said.trim().split('\n').at(-1) ?? 'it failed'}`));
    });
  });
}
