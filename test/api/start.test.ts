import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { prefersHtml } from '../../src/api/lib/accept.ts';
import { VERSION } from '../../src/platform/version.ts';
import { API_KEY, openStage, type Stage } from '../support/api/app.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

interface Start {
  name: string;
  version: string;
  links: Record<string, string>;
  authentication: string;
  documents: Record<string, string>;
}

describe('GET /', function () {
  this.timeout(120_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.close());

  const get = (accept?: string) =>
    stage.app.inject({ url: '/', headers: accept === undefined ? {} : { accept } });

  it('says in JSON what this server is, where to look and how to authenticate, without a key', async () => {
    const answer = await get('*/*');
    assert.equal(answer.statusCode, 200);
    assert.match(String(answer.headers['content-type']), /^application\/json/);
    assert.equal(answer.headers['vary'], 'Accept');
    const { name, version, links, authentication } = answer.json<Start>();
    assert.deepEqual([name, version], ['durable-checkout', VERSION]);
    assert.deepEqual(links, {
      docs: '/docs',
      openapi: '/openapi.json',
      orders: '/v1/orders',
      live: '/livez',
      ready: '/readyz',
    });
    assert.match(authentication, /Authorization: Bearer <API key>/);
    assert.ok(!answer.body.includes(API_KEY));
  });

  it('is a page for a browser, with the same links, and without a key', async () => {
    const answer = await get(BROWSER);
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(answer.headers['vary'], 'Accept');
    const { links, documents } = (await get()).json<Start>();
    for (const path of Object.values(links)) assert.ok(answer.body.includes(`href="${path}"`), path);
    for (const path of Object.values(documents)) assert.ok(answer.body.includes(path), path);
    assert.ok(answer.body.includes(VERSION));
    assert.ok(!answer.body.includes(API_KEY));
  });

  it('loads nothing that its security policy forbids', async () => {
    const { headers, body } = await get(BROWSER);
    const policy = String(headers['content-security-policy']);
    const [, styles = ''] = /style-src ([^;]+)/.exec(policy) ?? [];
    const [, style = ''] = /<style>([^]*?)<\/style>/.exec(body) ?? [];
    const hash = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
    assert.ok(styles.includes("'unsafe-inline'") || styles.includes(hash), policy);
    assert.doesNotMatch(body, /<script|<img|<link|@import|url\(| on\w+=/);
  });

  it('links to nothing that does not exist', async () => {
    const { links, documents } = (await get()).json<Start>();
    for (const path of Object.values(links)) {
      const { statusCode } = await stage.app.inject({
        url: path,
        headers: { authorization: `Bearer ${API_KEY}` },
      });
      assert.ok(statusCode < 400, `${path} answers ${statusCode}`);
    }
    for (const path of Object.values(documents))
      assert.ok(existsSync(new URL(`../../${path}`, import.meta.url)), path);
  });
});

describe('a client prefers HTML to JSON', () => {
  for (const [accept, prefers] of [
    [BROWSER, true],
    ['text/html', true],
    ['TEXT/HTML; charset=utf-8', true],
    ['text/*', true],
    ['application/json;q=0.5, text/html', true],
    ['*/*', false],
    ['text/html, application/json', false],
    ['text/html;q=0.4, application/json;q=0.5', false],
    ['text/html;q=0, */*', false],
    ['text/html;q=many', false],
    ['image/png', false],
    ['', false],
    [undefined, false],
  ] as const)
    it(`${prefers ? 'with' : 'not with'} Accept: ${accept ?? '(none)'}`, () => {
      assert.equal(prefersHtml(accept), prefers);
    });
});
