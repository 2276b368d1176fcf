import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MissingError } from '../../dev/tools/missing-error.ts';
import { runCommand } from '../../harness/brokers/command.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { waitUntilListening } from '../../dev/processes/listening.ts';
import { cachedFolder } from './cached-folder.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/python', import.meta.url));

/** The folder with the Python packages of the examples. */
export const pythonWithPackages = (): Promise<string> =>
  pythonPackages(join(EXAMPLES, 'requirements.txt'), 'Python 3.10');

/**
 * Returns the folder with the packages of a requirements file. They are installed at the first call, and when the file changes (half
 * a minute).
 *
 * @throws {MissingError} without Python and pip, or if the packages cannot be installed
 */
export async function pythonPackages(requirements: string, python: string): Promise<string> {
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = await cachedFolder(`python-${version}`, (into) => install(requirements, python, into));
  return packagesIn(folder);
}

const packagesIn = (folder: string): string => join(folder, 'packages');

async function install(requirements: string, python: string, folder: string): Promise<void> {
  const pip = ['-m', 'pip'];
  await runCommand('python3', [...pip, '--version']).catch((error: unknown) => {
    throw new MissingError(`${python} with pip: apt-get install python3-pip`, undefined, { cause: error });
  });
  const name = relative('.', requirements);
  process.stderr.write(`      installing the packages of ${name} (half a minute)\n`);
  const args = ['install', '--quiet', '--target', packagesIn(folder), '-r', requirements];
  await runCommand('python3', [...pip, ...args]).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MissingError(
      `the packages of ${name}: pip installs them where there is a network (${reason})`,
      undefined,
      { cause: error },
    );
  });
}

export interface Example {
  /** The lines that it has printed. */
  readonly lines: readonly string[];
  readonly process: ChildProcess;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Starts an example with this environment and the path, and no other setting of this machine. */
export function startExample(
  file: string,
  packages: string,
  folder: string,
  env: Record<string, string>,
): Example {
  const child = spawn('python3', [join(EXAMPLES, file)], {
    cwd: folder,
    env: { PATH: process.env['PATH'], PYTHONPATH: packages, PYTHONUNBUFFERED: '1', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  return {
    lines,
    process: child,
    kill: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    },
  };
}

/** Starts the example that serves HTTP; resolves with its URL when it listens. */
export function startBoard(
  packages: string,
  folder: string,
  env: Record<string, string>,
): Promise<{ board: Example; url: string }> {
  return startOnFreePorts(['http'], async ({ http }) => ({
    board: await startBoardOn(http, packages, folder, env),
    url: `http://127.0.0.1:${http}`,
  }));
}

/** @throws {PortInUseError} if another process listens on the port */
export async function startBoardOn(
  port: number,
  packages: string,
  folder: string,
  env: Record<string, string>,
): Promise<Example> {
  const board = startExample('live_board.py', packages, folder, { PORT: String(port), ...env });
  try {
    await waitUntilListening(board.process.pid ?? 0, port);
    return board;
  } catch (error) {
    await board.kill('SIGKILL');
    throw error;
  }
}

const READ = `
import sqlite3, sys
row = sqlite3.connect(sys.argv[1]).execute(sys.argv[2], sys.argv[3:]).fetchone()
print(row[0] if row else 0)
`;

/** The number that a query finds in an SQLite file of an example. */
export async function numberIn(
  folder: string,
  file: string,
  query: string,
  ...values: string[]
): Promise<number> {
  const { stdout } = await promisify(execFile)('python3', ['-c', READ, join(folder, file), query, ...values]);
  return Number(stdout);
}
