import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

const FOLDER = fileURLToPath(new URL('../../dist/board', import.meta.url));
/** All of the board, compressed as browsers get it. Bytes. */
const LIMIT = 150_000;

const files = () =>
  readdirSync(FOLDER, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
const originals = () => files().filter((file) => !/\.(br|gz)$/.test(file));

describe('the board as it is built', () => {
  before(() => {
    assert.ok(existsSync(join(FOLDER, 'index.html')), 'npm run build builds it');
  });

  it('is smaller than 150 kB', () => {
    const size = originals().reduce((sum, file) => sum + statSync(`${file}.gz`).size, 0);
    assert.ok(size < LIMIT, `${size} bytes`);
  });

  it('has every file compressed too, with the same content', () => {
    for (const file of originals()) {
      const content = readFileSync(file);
      assert.deepEqual(brotliDecompressSync(readFileSync(`${file}.br`)), content, file);
      assert.deepEqual(gunzipSync(readFileSync(`${file}.gz`)), content, file);
    }
  });

  it('has no script, style or handler inside of the page, and loads nothing from elsewhere', () => {
    const page = readFileSync(join(FOLDER, 'index.html'), 'utf8');
    for (const [, attributes = '', content = ''] of page.matchAll(/<script\b([^>]*)>([^<]*)<\/script>/g)) {
      assert.match(attributes, /\bsrc="\/board\/assets\/[\w-]+\.js"/);
      assert.equal(content.trim(), '');
    }
    assert.doesNotMatch(page, /<style|\sstyle=|\son\w+=|javascript:|src="http|href="http/i);
    assert.match(page, /<script src="\/board\/assets\/theme-[\w-]+\.js">/);
    for (const [, path = ''] of page.matchAll(/(?:src|href)="\/board\/([^"]+)"/g))
      assert.ok(existsSync(join(FOLDER, path)), path);
  });

  it('has a hash in the name of each file but the page', () => {
    for (const file of originals().filter((name) => !name.endsWith('index.html')))
      assert.match(file, /\/assets\/[\w.-]+-[\w-]{8,}\.\w+$/);
  });
});
