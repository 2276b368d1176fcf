/**
 * `npm run build`: compiles the sources to `dist`, bundles the workflows, and builds the board. Does nothing when nothing has changed
 * since the last build, and bundles only what has changed: `npm start` and `npm test` build each time.
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
const BOARD = ['board'];
const SETTINGS = [
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'src/workers/workflow-bundle.ts',
];
const BUNDLE = join(root, 'dist/src/workflow-bundle.js');
const TRACED_BUNDLE = join(root, 'dist/src/workflow-bundle-traced.js');
const BOARD_PAGE = join(root, 'dist/board/index.html');
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
const present = { sources: hashOf(COMPILED), workflows: hashOf(BUNDLED), board: hashOf(BOARD) };
const bundleIsCurrent =
  existsSync(BUNDLE) && existsSync(TRACED_BUNDLE) && built.workflows === present.workflows;
const sourcesAreCurrent = bundleIsCurrent && built.sources === present.sources;
const boardIsCurrent = existsSync(BOARD_PAGE) && built.board === present.board;
if (!sourcesAreCurrent || !boardIsCurrent) {
  rmSync(STAMP, { force: true }); // a build that fails is repeated
  if (!sourcesAreCurrent) {
    removeStaleFiles();
    run(createRequire(import.meta.url).resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json');
  }
  if (!bundleIsCurrent) run('dist/src/workers/build-bundle.js');
  if (!boardIsCurrent) run('scripts/build-board.js');
  writeFileSync(STAMP, JSON.stringify(present));
}
