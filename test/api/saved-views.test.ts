import assert from 'node:assert/strict';
import { MAX_SAVED_VIEWS, type NewSavedView, type SavedView } from '../../src/contracts/http/order-lists.ts';
import { SCOPES } from '../../src/api/lib/api-keys.ts';
import type { Api } from '../../src/api/lib/types.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { getting, problemOf, sending } from '../support/api/requests.ts';

describe('saved views', function () {
  this.timeout(120_000);
  let stage: Stage;
  let mine: Api;
  let colleague: Api;
  let stranger: Api;
  before(async () => {
    stage = await openStage();
    const keyed = (keyId: string, clientId: string) => {
      const client = { keyId, clientId, scopes: new Set(SCOPES) };
      return stage.another({ apiKeys: { find: () => client, findByHash: () => client } });
    };
    mine = await keyed('mine', 'shop');
    colleague = await keyed('colleague', 'shop');
    stranger = await keyed('stranger', 'other-shop');
  });
  after(() => stage.close());

  const view = (name: string, changes: Partial<NewSavedView> = {}): NewSavedView => ({
    name,
    isShared: false,
    filter: { status: 'paid', attention: true },
    ...changes,
  });
  const save = (app: Api, body: unknown) => app.inject(sending('POST', '/v1/views', body));
  const names = async (app: Api): Promise<string[]> =>
    (await app.inject(getting('/v1/views'))).json<{ data: SavedView[] }>().data.map(({ name }) => name);

  it('are seen by their owner, and by the other keys of the client if they are shared', async () => {
    const own = await save(mine, view('Own'));
    assert.equal(own.statusCode, 200);
    assert.deepEqual(
      { ...own.json<SavedView>(), viewId: '', updatedAt: '' },
      { ...view('Own'), viewId: '', updatedAt: '', isOwn: true },
    );
    await save(mine, view('Shared', { isShared: true }));
    await save(colleague, view('A colleague has this'));
    assert.deepEqual(await names(mine), ['Own', 'Shared']);
    assert.deepEqual(await names(colleague), ['A colleague has this', 'Shared']);
    assert.deepEqual(await names(stranger), []);
  });

  it('are replaced by one with the same name', async () => {
    const first = await save(mine, view('Again'));
    const second = await save(mine, view(' Again ', { filter: { status: 'shipped' } }));
    assert.equal(second.json<SavedView>().viewId, first.json<SavedView>().viewId);
    assert.deepEqual(second.json<SavedView>().filter, { status: 'shipped' });
    assert.equal((await names(mine)).filter((name) => name === 'Again').length, 1);
  });

  it('are deleted by their owner only', async () => {
    const { viewId } = (await save(mine, view('Mine', { isShared: true }))).json<SavedView>();
    const deleting = sending('DELETE', `/v1/views/${viewId}`);
    for (const app of [colleague, stranger])
      assert.equal(problemOf(await app.inject(deleting)).code, 'view_not_found');
    assert.equal((await mine.inject(deleting)).statusCode, 204);
    assert.equal((await mine.inject(deleting)).statusCode, 404);
    assert.ok(!(await names(colleague)).includes('Mine'));
  });

  it('hold filters only, and no personal data', async () => {
    for (const filter of [{ email: 'ada@example.com' }, { q: 'ada@example.com' }, { status: 'nothing' }])
      assert.equal(
        (await save(mine, { ...view('Refused'), filter })).statusCode,
        400,
        JSON.stringify(filter),
      );
    assert.equal((await save(mine, view(' '))).statusCode, 400);
  });

  it('are limited in number for each key', async () => {
    for (let n = 0; n < MAX_SAVED_VIEWS; n += 1)
      assert.equal((await save(stranger, view(`View ${n}`))).statusCode, 200);
    assert.equal((await save(stranger, view('One more'))).statusCode, 400);
    assert.equal(
      (await save(stranger, view('View 0', { isShared: true }))).statusCode,
      200,
      'replacing is no more',
    );
  });
});
