import { skipOrFail, type Skippable } from '../skip-or-fail.ts';
import { runCommand } from './command.ts';

/** Installs Debian packages when this process is root; otherwise the test is skipped with `needs`. */
export async function installPackages(
  test: Skippable,
  needs: string,
  packages: readonly string[],
): Promise<void> {
  if (process.getuid?.() !== 0) skipOrFail(test, needs);
  process.stderr.write(`      installing ${packages.join(', ')} (half a minute)\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await runCommand('apt-get', ['update'], { env });
    await runCommand('apt-get', ['install', '--yes', '--no-install-recommends', ...packages], { env });
  } catch (error) {
    skipOrFail(test, `${needs} (${error instanceof Error ? error.message : String(error)})`);
  }
}
