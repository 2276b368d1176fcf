import { setTimeout as delay } from 'node:timers/promises';
import { MissingError } from '../../dev/tools/missing-error.ts';
import { runCommand } from './command.ts';

const LOCK_TIMEOUT_MS = 300_000;
const LOCK_POLL_INTERVAL_MS = 2_000;

/**
 * Installs Debian packages where this process is root.
 *
 * @param name what needs them
 * @throws {MissingError} if it is not root, or they cannot be installed
 */
export async function installPackages(name: string, packages: readonly string[]): Promise<void> {
  const needs = `${name}: apt-get install ${packages.join(' ')}`;
  if (process.getuid?.() !== 0) throw new MissingError(needs);
  process.stderr.write(`      installing ${packages.join(', ')} (half a minute)\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const deadline = performance.now() + LOCK_TIMEOUT_MS;
  for (;;) {
    try {
      await runCommand('apt-get', ['update'], { env });
      await runCommand('apt-get', ['install', '--yes', '--no-install-recommends', ...packages], { env });
      return;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // Another process of the test run may be installing packages.
      const isLocked = /could not get lock|unable to (lock|acquire)/i.test(reason);
      if (!isLocked || performance.now() > deadline)
        throw new MissingError(`${needs} (${reason})`, undefined, { cause: error });
      await delay(LOCK_POLL_INTERVAL_MS);
    }
  }
}
