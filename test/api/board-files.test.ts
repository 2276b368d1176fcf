import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import type { Api } from '../../src/api/lib/types.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { problemOf } from '../support/api/requests.ts';

const PAGE =
  '<!doctype html><title>Board</title><script type="module" src="/board/assets/main-4f2a.js"></script>';
const SCRIPT = 'console.log("board");';
const BROWSER = 'text/html,application/xhtml+xml,*/*;q=0.8';

describe('the files of the board', function () {
  this.timeout(120_000);
  let stage: Stage;
  let folder: string;
  let app: Api;
  before(async () => {
    stage = await openStage();
    folder = mkdtempSync(join(tmpdir(), 'board-'));
    mkdirSync(join(folder, 'board/assets'), { recursive: true });
    writeFileSync(join(folder, 'secret.txt'), 'secret');
    writeFileSync(join(folder, 'board/index.html'), PAGE);
    writeFileSync(join(folder, 'board/theme.js'), '1;');
    writeFileSync(join(folder, 'board/.hidden.js'), 'hidden');
    writeFileSync(join(folder, 'board/assets/main-4f2a.js'), SCRIPT);
    writeFileSync(join(folder, 'board/assets/main-4f2a.js.br'), brotliCompressSync(SCRIPT));
    writeFileSync(join(folder, 'board/assets/main-4f2a.js.gz'), gzipSync(SCRIPT));
    writeFileSync(join(folder, 'board/assets/plain-1.js'), SCRIPT);
    app = await stage.another({ boardFolder: join(folder, 'board') });
  });
  after(async () => {
    await stage.close();
    rmSync(folder, { recursive: true });
  });

  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });

  it('are the page for every path, without a key, and never from a cache unasked', async () => {
    for (const path of [
      '',
      '/',
      '/queues/attention',
      '/orders/ord_1?view=x',
      '/session/none',
      '/index.html',
    ]) {
      const answer = await get(`/board${path}`);
      assert.deepEqual(
        [answer.statusCode, answer.headers['content-type'], answer.headers['cache-control'], answer.body],
        [200, 'text/html; charset=utf-8', 'no-cache', PAGE],
        path,
      );
    }
    const { etag } = (await get('/board')).headers;
    assert.equal((await get('/board', { 'if-none-match': String(etag) })).statusCode, 304);
  });

  it('run nothing that is not a file of this server, and are shown in no frame', async () => {
    const { headers } = await get('/board');
    assert.equal(
      headers['content-security-policy'],
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['access-control-allow-origin'], undefined);
  });

  it('are kept for a year where their names have a hash', async () => {
    const { headers, body } = await get('/board/assets/plain-1.js');
    assert.match(String(headers['content-type']), /javascript/);
    assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.equal(body, SCRIPT);
    assert.equal((await get('/board/theme.js')).headers['cache-control'], 'no-cache');
  });

  it('are sent as they were compressed, to a browser that takes that', async () => {
    const url = '/board/assets/main-4f2a.js';
    for (const [accepted, encoding, decode] of [
      ['gzip, deflate, br', 'br', brotliDecompressSync],
      ['gzip', 'gzip', gunzipSync],
      ['identity', undefined, (bytes: Buffer) => bytes],
    ] as const) {
      const answer = await get(url, { 'accept-encoding': accepted });
      assert.equal(answer.headers['content-encoding'], encoding);
      assert.match(String(answer.headers['content-type']), /javascript/);
      assert.match(String(answer.headers['vary']), /Accept-Encoding/);
      assert.equal(decode(answer.rawPayload).toString(), SCRIPT);
    }
    const plain = await get('/board/assets/plain-1.js', { 'accept-encoding': 'br' });
    assert.deepEqual([plain.headers['content-encoding'], plain.body], [undefined, SCRIPT]);
  });

  it('are missing with a problem, and not with a page, where a script is asked for', async () => {
    for (const path of ['none.js', '', 'main-4f2a.js/x', '.hidden.js']) {
      const answer = await get(`/board/assets/${path}`);
      assert.deepEqual([answer.statusCode, problemOf(answer).code], [404, 'not_found'], path);
    }
  });

  it('are those of the board only', async () => {
    for (const path of [
      '../secret.txt',
      '%2e%2e/secret.txt',
      '..%2fsecret.txt',
      'assets/../../secret.txt',
      'assets%2f..%2f..%2fsecret.txt',
      '.hidden.js',
      '%00',
      '..%5csecret.txt',
    ]) {
      const { body } = await get(`/board/${path}`);
      assert.ok(!body.includes('secret') && !body.includes('hidden'), path);
    }
  });

  it('take no other method', async () => {
    const answer = await app.inject({ method: 'POST', url: '/board/queues' });
    assert.deepEqual([answer.statusCode, answer.headers['allow']], [405, 'GET, HEAD']);
  });

  it('that were not built are a problem that says what to run', async () => {
    for (const url of ['/board', '/board/orders', '/board/assets/main-4f2a.js']) {
      const answer = await stage.app.inject(url);
      assert.deepEqual([answer.statusCode, problemOf(answer).code], [404, 'board_not_built']);
      assert.match(String(problemOf(answer).detail), /npm run build/);
    }
  });

  it('are where `/` leads a browser, and no other client', async () => {
    const browser = await get('/', { accept: BROWSER });
    assert.deepEqual(
      [browser.statusCode, browser.headers.location, browser.headers.vary],
      [302, '/board', 'Accept'],
    );
    const other = await get('/');
    assert.equal(other.statusCode, 200);
    assert.equal(other.json<{ links: Record<string, string> }>().links['board'], '/board');
    assert.equal((await stage.app.inject({ url: '/', headers: { accept: BROWSER } })).statusCode, 200);
  });
});
