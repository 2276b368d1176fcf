import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../dev/tools/cache-folder.ts';
import { MissingError } from '../../dev/tools/missing-error.ts';
import { extractPackages } from '../debian-packages.ts';

/** A typeface for screens, and one with Chinese characters. Together 4 MB; the board itself uses the fonts of its reader. */
const PACKAGES = ['fonts-inter', 'fonts-wqy-microhei'];

/**
 * Writes a configuration of fontconfig that finds the fonts of this machine, and those below `folders`.
 *
 * @returns the environment variable that names it
 */
export function fontsOf(folder: string, folders: readonly string[]): Record<string, string> {
  const file = join(folder, 'fonts.conf');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    file,
    [
      '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">',
      '<fontconfig>',
      '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>',
      '<dir>/usr/share/fonts</dir>',
      ...folders.map((each) => `<dir>${each}</dir>`),
      `<cachedir>${join(folder, 'cache')}</cachedir>`,
      '</fontconfig>',
      '',
    ].join('\n'),
  );
  return { FONTCONFIG_FILE: file };
}

/**
 * The folder of the fonts for pictures of the documentation, so that they look the same wherever they are taken. They are taken out of
 * Debian's packages at the first call.
 *
 * @throws {MissingError} if they cannot be had
 */
export async function pictureFonts(dataDir: string): Promise<string> {
  const folder = join(cacheFolder(dataDir), 'fonts');
  if (existsSync(folder)) return join(folder, 'usr/share/fonts');
  try {
    await extractPackages(folder, () => PACKAGES);
  } catch (error) {
    throw new MissingError(`fonts: apt-get install ${PACKAGES.join(' ')}`, undefined, { cause: error });
  }
  return join(folder, 'usr/share/fonts');
}
