import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../../harness/servers/test-servers.ts';
import { invoke } from '../support/cli/invoke.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const EVERY_HELP = fileURLToPath(new URL('../support/cli/print-every-help.ts', import.meta.url));

/** tsx, which runs the sources, and what it needs. */
const OF_TSX = new Set(['tsx', 'esbuild', 'get-tsconfig', 'resolve-pkg-maps']);

/** Runs a script, and returns the files that it has loaded: V8 lists them when it measures coverage. */
function run(script: string, ...args: string[]) {
  const folder = temporaryFolder();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, ...args], {
    env: { ...process.env, NODE_V8_COVERAGE: folder },
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  const files = readdirSync(folder).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { result: { url: string }[] };
    return result.map(({ url }) => url).filter((url) => url.startsWith('file:'));
  });
  const packages = files.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []);
  return { stdout, files, packages: [...new Set(packages)].filter((name) => !OF_TSX.has(name)).sort() };
}

describe('the checkout command starts fast', function () {
  this.timeout(60_000);

  it('--help lists every command and loads none of them, and no package but commander', () => {
    const { stdout, files, packages } = run(MAIN, '--help');
    for (const name of ['dev', 'place', 'dead-letters', 'migrate'])
      assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
    assert.ok(
      files.some((url) => url.endsWith('/src/cli/program.ts')),
      'the list of loaded files is complete',
    );
    assert.deepEqual(
      files.filter((url) => url.includes('/cli/commands/')),
      [],
    );
    assert.deepEqual(packages, ['commander']);
  });

  it('<command> --help loads no configuration, no database client, no Temporal and no server', () => {
    const { stdout, files, packages } = run(EVERY_HELP);
    const printed = stdout.trim().split('\n');
    assert.ok(printed.length > 15, stdout);
    for (const line of printed) assert.match(line, /^0 Usage: checkout [\w-]+ /);
    const commands = readdirSync(new URL('../../src/cli/commands/', import.meta.url));
    assert.deepEqual(
      commands.filter((name) => !files.some((url) => url.endsWith(`/src/cli/commands/${name}`))),
      [],
      'a file that no command loads',
    );
    const drawing = [
      'cli-progress',
      'cli-table3',
      'emoji-regex',
      'is-fullwidth-code-point',
      'string-width',
      'strip-ansi',
      'ansi-regex',
      '@colors/colors',
    ];
    // A table and two functions, loaded in 3 ms.
    const currencies = ['currency-codes', 'first-match', 'nub'];
    assert.deepEqual(
      packages.filter((name) => ![...drawing, ...currencies].includes(name)),
      ['commander'],
    );
  });
});

describe('checkout help', () => {
  it('<command> prints the same as <command> --help, also of a command within a command', async () => {
    for (const path of [['place'], ['stock', 'put'], ['dead-letters', 'replay']]) {
      const { exitCode, out } = await invoke(['help', ...path]);
      assert.equal(exitCode, 0);
      assert.match(out, new RegExp(`^Usage: checkout ${path.join(' ')} `));
      assert.match(out, / {2}--\w/, 'it has the options');
      assert.equal(out, (await invoke([...path, '--help'])).out);
    }
    assert.equal((await invoke(['help'])).out, (await invoke(['--help'])).out);
  });

  it('a command that does not exist is an error that suggests one', async () => {
    const { exitCode, err } = await invoke(['plaec']);
    assert.equal(exitCode, 1);
    assert.match(err, /unknown command 'plaec'\n\(Did you mean place\?\)/);
  });
});
