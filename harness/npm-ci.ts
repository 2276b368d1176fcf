import { spawn } from 'node:child_process';
import { killOnExit } from '../dev/processes/kill-on-exit.ts';

/**
 * Installs the packages of a folder's `package-lock.json`.
 *
 * @returns undefined, or the reason of a failure in one line
 */
export function npmCi(folder: string): Promise<string | undefined> {
  const args = [
    'ci',
    '--no-progress',
    '--loglevel=error',
    '--fetch-retries=1',
    '--fetch-retry-mintimeout=1000',
  ];
  // The npm that runs this script, which need not be the one on the PATH.
  const cli = process.env['npm_execpath'];
  const [command, ...first] = cli === undefined ? ['npm'] : [process.execPath, cli];
  const npm = spawn(command, [...first, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  killOnExit(npm, 'SIGKILL');
  let errors = '';
  npm.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
  return new Promise((resolve) => {
    npm.once('error', (error) => {
      resolve(error.message);
    });
    npm.once('close', (code, signal) => {
      resolve(code === 0 ? undefined : reasonOf(errors, signal ?? `status ${String(code)}`));
    });
  });
}

/** npm prints the code of an error first, then its text in several lines. */
function reasonOf(errors: string, ended: string): string {
  const lines = errors.split('\n').map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim());
  return (
    lines.find((line) => line !== '' && !/^(code|syscall|errno) /.test(line)) ?? `npm ended with ${ended}`
  );
}
