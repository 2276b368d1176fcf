import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from '../../../dev/tools/cache-folder.ts';
import { MissingError } from '../../../dev/tools/missing-error.ts';
import { npmCi } from '../../../harness/npm-ci.ts';

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
  const cache = cacheFolder();
  const home = join(cache, `clients-${createHash('sha256').update(lock).digest('hex').slice(0, 12)}`);
  if (!existsSync(home)) await install(cache, home);
  const commands = join(home, 'node_modules', '.bin');
  return {
    folder: home,
    run: (command, args, cwd) => runTool(join(commands, command), args, { cwd, env: quiet(process.env) }),
  };
}

async function install(cache: string, home: string): Promise<void> {
  process.stderr.write('      installing the packages of test/clients/package.json (ten seconds)\n');
  const folder = mkdtempSync(join(cache, '.clients-'));
  try {
    for (const file of FILES) copyFileSync(join(MANIFEST, file), join(folder, file));
    const failure = await npmCi(folder);
    if (failure !== undefined)
      throw new MissingError(
        `the packages of test/clients/package.json: npm installs them where there is a network (${failure})`,
      );
    renameSync(folder, home);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Redocly CLI reports its use and looks for newer versions of itself, unless it is asked not to. */
const quiet = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...env,
  REDOCLY_TELEMETRY: 'off',
  REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
});

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
    const printed = isFailure(error) ? `${error.stdout}${error.stderr}`.trim() : String(error);
    throw new Error(`${file} ${args.join(' ')}\n${printed}`, { cause: error });
  }
}

const isFailure = (error: unknown): error is { stdout: string; stderr: string } =>
  typeof error === 'object' && error !== null && 'stdout' in error && 'stderr' in error;
