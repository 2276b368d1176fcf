import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackages, PackagesMissing } from '../../bench/lib/install-packages.ts';
import { variants } from '../../bench/variants/catalogue.ts';
import { packageRoot } from '../../src/platform/package-root.ts';

const BENCH = join(packageRoot(), 'bench');

describe('The packages of the benchmark', function () {
  this.timeout(60_000);

  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bench-packages-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** Writes a package that depends on `dependency`, with its lock. */
  function write(dependency: string, locked: object): void {
    const dependencies = { dependency };
    const packages = { '': { dependencies }, 'node_modules/dependency': locked };
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies }));
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages }));
  }

  it('are imported only by the programs of variants that say so', () => {
    const { dependencies } = JSON.parse(readFileSync(join(BENCH, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const importing = readdirSync(BENCH, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes('node_modules'))
      .filter((file) => {
        const text = readFileSync(join(BENCH, file), 'utf8');
        return Object.keys(dependencies).some((name) => text.includes(` from '${name}'`));
      });
    const saying = Object.values(variants).filter(({ needsPackages }) => needsPackages);
    assert.deepEqual(
      importing.map((file) => join(BENCH, file)).sort(),
      saying.map(({ file }) => file).sort(),
    );
  });

  it('are installed once, and again when the lock has changed', async () => {
    write('file:local', { resolved: 'local', link: true });
    const lock = join(folder, 'package-lock.json');
    const withLocal = JSON.parse(readFileSync(lock, 'utf8')) as { packages: object };
    writeFileSync(lock, JSON.stringify({ ...withLocal, packages: { ...withLocal.packages, local: {} } }));
    mkdirSync(join(folder, 'local'));
    writeFileSync(join(folder, 'local/package.json'), '{}');

    const lines: string[] = [];
    const install = () => installPackages((line) => lines.push(line), folder);
    await install();
    assert.ok(existsSync(join(folder, 'node_modules/dependency/package.json')));
    assert.match(lines.join('\n'), /^installing the packages of bench\/package\.json: about \d+ MB/);
    await install();
    assert.equal(lines.length, 1);

    const later = new Date(Date.now() + 60_000);
    utimesSync(lock, later, later);
    await install();
    assert.equal(lines.length, 2);
  });

  it('that cannot be installed end the benchmark with one line, which says what to do', async () => {
    // Nothing listens on port 1.
    write('1.0.0', { version: '1.0.0', resolved: 'http://127.0.0.1:1/dependency-1.0.0.tgz' });
    await assert.rejects(
      installPackages(() => undefined, folder),
      (error) => {
        assert.ok(error instanceof PackagesMissing);
        assert.match(
          error.message,
          /^npm cannot install the packages of bench\/package\.json \(.+\)\. Run again .+--only /,
        );
        return true;
      },
    );
  });
});
