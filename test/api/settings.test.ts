import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SettingsView } from '../../src/contracts/http/settings.ts';
import { DEVELOPMENT_CLIENT, SCOPES } from '../../src/api/lib/api-keys.ts';
import { environmentSchema, isSecret, isVariable } from '../../src/platform/environment.ts';
import { settingsOf } from '../../src/platform/settings.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { getting } from '../support/api/requests.ts';

describe('GET /v1/settings', function () {
  this.timeout(120_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.close());

  it('has every variable, and the versions of what the process runs with', async () => {
    const answer = await stage.app.inject(getting('/v1/settings'));
    assert.equal(answer.statusCode, 200);
    const { settings, versions, builtAt, startedAt } = answer.json<SettingsView>();
    assert.deepEqual(
      settings.map(({ name }) => name),
      Object.keys(environmentSchema.properties),
    );
    assert.equal(versions.node, process.versions.node);
    assert.match(versions.postgres ?? '', /^\d+\.\d+/);
    assert.match(versions.temporal ?? '', /^\d+\.\d+/);
    assert.ok(Date.parse(builtAt) <= Date.now() && Date.parse(startedAt) <= Date.now());
  });

  it('needs a key with the scope settings:read', async () => {
    const scopes = new Set(SCOPES.filter((scope) => scope !== 'settings:read'));
    const client = { keyId: 'k', clientId: DEVELOPMENT_CLIENT, scopes };
    const app = await stage.another({ apiKeys: { find: () => client, findByHash: () => client } });
    assert.equal((await app.inject(getting('/v1/settings'))).statusCode, 403);
  });
});

describe('the settings of a process', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'settings-'));
  });
  after(() => rm(folder, { recursive: true }));
  const named = async (env: NodeJS.ProcessEnv, file = '') => {
    const path = join(folder, '.env');
    await writeFile(path, file);
    const settings = settingsOf(env, path);
    return (name: string) => settings.find((setting) => setting.name === name);
  };

  it('come from the environment before the file, and else are the default', async () => {
    const setting = await named(
      { PORT: '4000', SHOP_NAME: 'Mugs' },
      'PORT=5000\nHOST=0.0.0.0\nSHOP_NAME=Mugs',
    );
    assert.deepEqual([setting('PORT')?.value, setting('PORT')?.source], ['4000', 'environment']);
    assert.deepEqual([setting('HOST')?.value, setting('HOST')?.source], ['0.0.0.0', 'file']);
    assert.deepEqual([setting('SHOP_NAME')?.value, setting('SHOP_NAME')?.source], ['Mugs', 'file']);
    const byDefault = setting('LOG_LEVEL');
    assert.deepEqual([byDefault?.value, byDefault?.source, byDefault?.default], ['info', 'default', 'info']);
    const unset = setting('SHOP_URL');
    assert.deepEqual([unset?.isSet, unset?.value, unset?.source], [false, undefined, 'default']);
  });

  it('have no secret, whatever it is', async () => {
    const secrets = Object.keys(environmentSchema.properties).filter(
      (name) => isVariable(name) && isSecret(name),
    );
    assert.ok(secrets.includes('DATABASE_URL') && secrets.includes('CHECKOUT_API_KEY'));
    const env = Object.fromEntries(secrets.map((name) => [name, `hidden-${name}`]));
    const setting = await named({ ...env, PUBLIC_URL: 'https://user:hidden@shop.example' });
    for (const name of secrets) {
      const { isSet, isSecret: hidden, value } = setting(name) ?? {};
      assert.deepEqual([isSet, hidden, value], [true, true, undefined], name);
    }
    assert.equal(setting('PUBLIC_URL')?.value, 'https://•••@shop.example');
  });
});
