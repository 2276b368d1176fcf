import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MissingError } from '../../../dev/tools/missing-error.ts';
import { npmCi } from '../../../harness/npm-ci.ts';
import { cachedFolder } from '../cached-folder.ts';

const MANIFEST = fileURLToPath(new URL('../../clients', import.meta.url));
const FILES = ['package.json', 'package-lock.json', '.npmrc'];

/** The tools of `test/clients/package.json`. */
export interface ClientTools {
  /** The folder that has them in `node_modules`. */
  folder: string;
  /**
   * Runs one of them by the name of its command; returns what it has printed.
   *
   * @throws {Error} with what it has printed, if it fails
   */
  run(command: string, args: string[], cwd: string): Promise<string>;
}

/**
 * Returns the tools. They are installed at the first call, and when the lock changes (ten seconds). They are no packages of the project,
 * which is smaller without them.
 *
 * @throws {MissingError} if they cannot be installed
 */
export async function clientTools(): Promise<ClientTools> {
  const lock = readFileSync(join(MANIFEST, 'package-lock.json'));
  const version = createHash('sha256').update(lock).digest('hex').slice(0, 12);
  const folder = await cachedFolder(`clients-${version}`, install);
  const commands = join(folder, 'node_modules', '.bin');
  // Redocly CLI reports its use and looks for newer versions of itself, unless it is asked not to.
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  return {
    folder,
    run: (command, args, cwd) => runTool(join(commands, command), args, { cwd, env }),
  };
}

async function install(folder: string): Promise<void> {
  process.stderr.write('      installing the packages of test/clients/package.json (ten seconds)\n');
  for (const file of FILES) copyFileSync(join(MANIFEST, file), join(folder, file));
  const failure = await npmCi(folder);
  if (failure !== undefined)
    throw new MissingError(
      `the packages of test/clients/package.json: npm installs them where there is a network (${failure})`,
    );
}

/**
 * Runs a program to its end; returns what it has printed.
 *
 * @throws {Error} with what it has printed, if it fails
 */
export async function runTool(
  file: string,
  args: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(file, args, options);
    return stdout;
  } catch (error) {
    const printed = isFailure(error) ? `${error.stdout}${error.stderr}`.trim() : '';
    // A program that cannot be started has printed nothing.
    throw new Error(`${file} ${args.join(' ')}\n${printed || String(error)}`, { cause: error });
  }
}

const isFailure = (error: unknown): error is { stdout: string; stderr: string } =>
  typeof error === 'object' && error !== null && 'stdout' in error && 'stderr' in error;
