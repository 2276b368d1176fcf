import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/platform/package-root.ts';
import { PAGES } from '../support/browser/board-pages.ts';
import {
  allPictures,
  picturesDocument,
  PICTURES_FOLDER,
  PICTURES_PAGE,
} from '../support/browser/board-pictures.ts';

/** Of all pictures together, so that a clone stays small. Bytes. */
const LIMIT = 5_000_000;
const root = packageRoot();
const folder = join(root, PICTURES_FOLDER);

describe('the pictures of the board', () => {
  it('show every page that the router knows: a new page needs an entry in test/support/browser/board-pages.ts', () => {
    const router = readFileSync(join(root, 'board/lib/router.ts'), 'utf8');
    const [, type = ''] = /export type Route =([^;]*(?:\{[^}]*\}[^;{]*)*);\n\n/.exec(router) ?? [];
    const known = [...type.matchAll(/page: '([\w-]+)'/g)].map(([, page]) => page);
    assert.ok(known.length > 10, 'the type of the routes was found');
    assert.deepEqual(Object.keys(PAGES).sort(), known.sort());
  });

  it('are all there, light and dark, wide and on a phone: npm run board:screenshots takes them', () => {
    const missing = allPictures().filter((file) => !existsSync(join(folder, file)));
    assert.deepEqual(missing, []);
  });

  it('are those of pages that exist, and are small', () => {
    const files = readdirSync(folder);
    assert.deepEqual(
      files.filter((file) => !allPictures().includes(file)),
      [],
    );
    const size = files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
    assert.ok(size < LIMIT, `${size} bytes`);
  });

  it('are shown in the documentation', () => {
    assert.equal(readFileSync(join(root, PICTURES_PAGE), 'utf8'), picturesDocument());
  });
});
