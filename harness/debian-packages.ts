import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** The user of apt has no access to a private folder; what is downloaded is checked before. */
const AS_ROOT = ['-o', 'APT::Sandbox::User=root'];

/**
 * The packages that a package depends on and that are not installed, in the words of apt. What every installed system has, as the C
 * library, is not among them.
 *
 * @param except dependencies to leave out, with what only they need
 * @throws {Error} where there is no apt, or the package is not known
 */
export async function missingDependencies(name: string, except: readonly string[]): Promise<string[]> {
  const { stdout } = await run('apt-cache', ['depends', '--important', name]);
  const needed = [...stdout.matchAll(/^ {2}\|?(?:Pre)?Depends: ([^<\s]+)$/gm)]
    .map(([, dependency = '']) => dependency)
    .filter((dependency) => !except.includes(dependency));
  const plan = await run('apt-get', ['install', '--simulate', '--no-install-recommends', ...new Set(needed)]);
  return [...plan.stdout.matchAll(/^Inst (\S+)/gm)].map(([, dependency = '']) => dependency);
}

/**
 * Takes the files of packages, which are not installed, to `target`: either all of them or none. Root is not needed, unless the
 * lists of packages are missing or older than the packages: then they are updated.
 *
 * @throws {Error} if they cannot be downloaded
 */
export async function extractPackages(
  target: string,
  listed: () => readonly string[] | Promise<readonly string[]>,
): Promise<void> {
  const parent = join(target, '..');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, '.fetch-'));
  const download = async (): Promise<void> => {
    await run('apt-get', [...AS_ROOT, 'download', ...(await listed())], { cwd: folder });
  };
  try {
    await download().catch(async (error: unknown) => {
      if (process.getuid?.() !== 0) throw error;
      await run('apt-get', ['update']);
      await download();
    });
    for (const archive of readdirSync(folder).filter((name) => name.endsWith('.deb')))
      await run('dpkg-deb', ['--extract', archive, 'files'], { cwd: folder });
    rmSync(target, { recursive: true, force: true });
    renameSync(join(folder, 'files'), target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
