/**
 * `npm run build`: compiles the sources to `dist` and bundles the workflows. Does nothing when nothing has changed since the last
 * build, and bundles only when the workflows have changed: `npm start` and `npm test` build each time.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const COMPILED = ['src', 'dev', 'sandbox', 'harness'];
const BUNDLED = ['src/workflows', 'src/domain', 'src/contracts'];
const SETTINGS = [
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'src/workers/workflow-bundle.ts',
];
const BUNDLE = join(root, 'dist/src/workflow-bundle.js');
/** What `dist` was built from: hashes. */
const STAMP = join(root, 'dist/.build.json');

const filesIn = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();

function hashOf(folders) {
  const hash = createHash('sha256');
  for (const file of [...folders.flatMap(filesIn), ...SETTINGS])
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

/** The compiler keeps what it made of a source that was deleted. */
function removeStaleFiles() {
  for (const folder of COMPILED.filter((name) => existsSync(join(root, 'dist', name))))
    for (const file of filesIn(join('dist', folder)))
      if (/\.js(\.map)?$/.test(file) && !existsSync(join(root, sourceOf(file)))) rmSync(join(root, file));
}

const sourceOf = (file) => relative('dist', file).replace(/\.js(\.map)?$/, '.ts');

function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(1); // it has printed the reason
}

const built = existsSync(STAMP) ? JSON.parse(readFileSync(STAMP, 'utf8')) : {};
const present = { sources: hashOf(COMPILED), workflows: hashOf(BUNDLED) };
const bundleIsCurrent = existsSync(BUNDLE) && built.workflows === present.workflows;
if (!bundleIsCurrent || built.sources !== present.sources) {
  rmSync(STAMP, { force: true }); // a build that fails is repeated
  removeStaleFiles();
  run(createRequire(import.meta.url).resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json');
  if (!bundleIsCurrent) run('dist/src/workers/build-bundle.js');
  writeFileSync(STAMP, JSON.stringify(present));
}
