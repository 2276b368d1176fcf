import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findConnection } from '../../src/cli/support/connection.ts';

describe('the address of the API', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'checkout-cli-'));
  });
  afterEach(() => {
    rmSync(dataDir, { recursive: true });
  });
  const find = (flags: { url?: string; apiKey?: string }, env: NodeJS.ProcessEnv = {}) =>
    findConnection(flags, { CHECKOUT_DATA_DIR: dataDir, ...env });
  const runDev = (url: string, apiKey: string): void => {
    writeFileSync(join(dataDir, 'dev.json'), JSON.stringify({ urls: { api: url }, apiKey }));
  };

  it('is port 3000 of this machine by default', () => {
    assert.deepEqual(find({}), { url: 'http://127.0.0.1:3000', apiKey: undefined });
  });

  it('is that of the development system in this folder, with its key', () => {
    runDev('http://127.0.0.1:3999', 'ck_dev');
    assert.deepEqual(find({}), { url: 'http://127.0.0.1:3999', apiKey: 'ck_dev' });
  });

  it('comes from the flags, else from the environment, else from the development system', () => {
    runDev('http://127.0.0.1:3999', 'ck_dev');
    const env = { CHECKOUT_URL: 'https://shop.example/', CHECKOUT_API_KEY: 'ck_env' };
    assert.deepEqual(find({}, env), { url: 'https://shop.example', apiKey: 'ck_env' });
    assert.deepEqual(find({ url: 'http://h:1', apiKey: 'ck_flag' }, env), {
      url: 'http://h:1',
      apiKey: 'ck_flag',
    });
    assert.equal(find({}, { HOST: '0.0.0.0', PORT: '3100' }).url, 'http://127.0.0.1:3100');
  });

  it('is sent the key of a development system only when it is that system', () => {
    runDev('http://127.0.0.1:3999', 'ck_dev');
    assert.equal(find({ url: 'https://shop.example' }).apiKey, undefined);
    assert.equal(find({ url: 'http://127.0.0.1:3999/' }).apiKey, 'ck_dev');
  });

  it('is not taken from an invalid state file', () => {
    writeFileSync(join(dataDir, 'dev.json'), '{"urls": {"api": 7}');
    assert.equal(find({}).url, 'http://127.0.0.1:3000');
  });

  it('must be a URL', () => {
    assert.throws(() => find({ url: 'localhost' }), { name: 'CliError', code: 'invalid_url' });
  });
});
