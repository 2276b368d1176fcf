import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../dev/tools/cache-folder.ts';
import { MissingError } from '../../dev/tools/missing-error.ts';
import { extractPackages, missingDependencies } from '../debian-packages.ts';
import { fontsOf } from './fonts.ts';

const run = promisify(execFile);

/** On the PATH, in this order. Ubuntu's `chromium` is a snap, and the machines of GitHub have Chrome. */
const PROGRAMS = ['chromium', 'chromium-headless-shell', 'google-chrome', 'chrome'];
/** Without the parts that need a screen, so that it depends on half as much. */
const PACKAGE = 'chromium-headless-shell';
/** Data of all packages of Chromium. What it depends on is for desktops. */
const COMMON = 'chromium-common';
const PROGRAM = `usr/lib/chromium/${PACKAGE}`;
const NEEDS = 'Chromium: apt-get install chromium, or CHROMIUM with the path of a browser';

export interface Chromium {
  /** Its path. */
  readonly program: string;
  /** What it needs besides the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The browser for tests and pictures: that of CHROMIUM, one on the PATH, or the one in the project's cache. Otherwise it is taken out
 * of Debian's packages with the libraries that this machine lacks (about 120 MB, half a minute); nothing is installed.
 *
 * @throws {MissingError} if there is none
 */
export async function findChromium(dataDir: string): Promise<Chromium> {
  const given = process.env['CHROMIUM'];
  if (given !== undefined && given !== '') {
    if (await starts({ program: given, env: {} })) return { program: given, env: {} };
    throw new MissingError(`Chromium: CHROMIUM is ${given}, which does not start`);
  }
  for (const program of PROGRAMS.flatMap(onPath))
    if (await starts({ program, env: {} })) return { program, env: {} };
  const folder = join(cacheFolder(dataDir), 'chromium');
  try {
    if (!existsSync(join(folder, PROGRAM))) {
      process.stderr.write('      downloading Chromium (half a minute)\n');
      await extractPackages(folder, async () => [
        PACKAGE,
        COMMON,
        ...(await missingDependencies(PACKAGE, [COMMON])),
      ]);
    }
    const found = inFolder(folder);
    if (!(await starts(found))) throw new Error(`${found.program} does not start`);
    return found;
  } catch (error) {
    throw new MissingError(NEEDS, undefined, { cause: error });
  }
}

const onPath = (name: string): string[] =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .filter((path) => existsSync(path));

/** With the libraries and fonts of the packages that it was taken from. */
function inFolder(folder: string): Chromium {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const libraries = new Set(
    files.filter((file) => /\.so(\.|$)/.test(file)).map((file) => join(folder, dirname(file))),
  );
  return {
    program: join(folder, PROGRAM),
    env: {
      LD_LIBRARY_PATH: [...libraries].join(':'),
      ...fontsOf(join(folder, 'fontconfig'), [join(folder, 'usr/share/fonts')]),
    },
  };
}

const starts = ({ program, env }: Chromium): Promise<boolean> =>
  run(program, ['--version'], { env: { ...process.env, ...env } }).then(
    () => true,
    () => false,
  );
