import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type {
  NewWebhookEndpointView,
  WebhookEndpointView,
  WebhookSecretView,
} from '../../src/contracts/http/webhooks.ts';
import { createWebhookDeliveries } from '../../src/adapters/postgres/webhook-deliveries.ts';
import { createWebhookEndpoints } from '../../src/adapters/postgres/webhook-endpoints.ts';
import { createWebhookService } from '../../src/webhooks/webhook-service.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { getting, problemOf, sending } from '../support/api/requests.ts';

const PATH = '/v1/webhook-endpoints';

describe('webhook endpoints', function () {
  this.timeout(60_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.close());

  const url = (): string => `https://partner.example/${randomUUID()}`;
  const add = (body: object) => stage.app.inject(sending('POST', PATH, body));
  const added = async (body: object): Promise<NewWebhookEndpointView> =>
    (await add(body)).json<NewWebhookEndpointView>();
  const list = async (query = ''): Promise<{ data: WebhookEndpointView[]; nextCursor?: string }> =>
    (await stage.app.inject(getting(`${PATH}${query}`))).json();

  it('are registered once, however often the request is sent', async () => {
    const body = { url: url(), events: ['order.paid', 'com.durable-checkout.order.refunded.v1'] };
    const first = await add(body);
    assert.equal(first.statusCode, 201, first.body);
    const { secret, ...endpoint } = first.json<NewWebhookEndpointView>();
    assert.match(secret, /^whsec_/);
    assert.equal(first.headers.location, `${PATH}/${endpoint.endpointId}`);
    assert.deepEqual(endpoint.events, [
      'com.durable-checkout.order.paid.v1',
      'com.durable-checkout.order.refunded.v1',
    ]);
    const again = await add({ ...body, events: [...body.events].reverse() });
    assert.equal(again.statusCode, 200);
    assert.deepEqual(again.json(), { ...endpoint, secret });
    assert.equal(problemOf(await add({ url: body.url })).code, 'webhook_endpoint_exists');
    const found = await stage.app.inject(getting(`${PATH}/${endpoint.endpointId}`));
    assert.deepEqual(found.json(), endpoint, 'the secret is not shown again');
  });

  it('are listed newest first, page by page', async () => {
    const ids = [(await added({ url: url() })).endpointId, (await added({ url: url() })).endpointId];
    const page = await list('?limit=1');
    assert.equal(page.data[0]?.endpointId, ids[1]);
    const next = await list(`?limit=1&cursor=${page.nextCursor ?? ''}`);
    assert.equal(next.data[0]?.endpointId, ids[0]);
  });

  it('are updated, disabled and enabled, and absent fields do not change', async () => {
    const { endpointId, url: before } = await added({ url: url(), description: 'ours' });
    const patch = (body: object) => stage.app.inject(sending('PATCH', `${PATH}/${endpointId}`, body));
    const disabled = (await patch({ state: 'disabled' })).json<WebhookEndpointView>();
    assert.deepEqual([disabled.state, disabled.reason, disabled.url], ['disabled', 'asked', before]);
    assert.equal(disabled.description, 'ours');
    const recover = sending('POST', `${PATH}/${endpointId}/recover`, { since: '2026-01-01T00:00:00Z' });
    for (const since of ['1999-12-31T00:00:00Z', '0000-01-01T00:00:00Z', '2016-12-31T23:59:60Z']) {
      const early = await stage.app.inject(sending('POST', `${PATH}/${endpointId}/recover`, { since }));
      assert.deepEqual([early.statusCode, problemOf(early).errors?.[0]?.field], [400, 'since'], since);
    }
    assert.equal(problemOf(await stage.app.inject(recover)).code, 'webhook_endpoint_not_enabled');
    const enabled = (await patch({ state: 'enabled', events: ['order.paid'] })).json<WebhookEndpointView>();
    assert.deepEqual([enabled.state, enabled.reason, enabled.events.length], ['enabled', undefined, 1]);
    const taken = (await added({ url: url() })).url;
    assert.equal(problemOf(await patch({ url: taken })).code, 'webhook_endpoint_exists');
  });

  it('are removed for good, and their URL can be registered again', async () => {
    const { endpointId, url: address } = await added({ url: url() });
    const remove = sending('DELETE', `${PATH}/${endpointId}`);
    for (let n = 0; n < 2; n += 1) assert.equal((await stage.app.inject(remove)).statusCode, 204);
    assert.ok(!(await list('?limit=100')).data.some((each) => each.endpointId === endpointId));
    assert.ok((await list('?limit=100&state=removed')).data.some((each) => each.endpointId === endpointId));
    const patch = sending('PATCH', `${PATH}/${endpointId}`, { state: 'enabled' });
    assert.equal(problemOf(await stage.app.inject(patch)).code, 'webhook_endpoint_removed');
    assert.notEqual((await added({ url: address })).endpointId, endpointId);
  });

  it('get a new secret at a rotation', async () => {
    const { endpointId, secret } = await added({ url: url() });
    const answer = await stage.app.inject(sending('POST', `${PATH}/${endpointId}/secret/rotate`));
    const rotated = answer.json<WebhookSecretView>();
    assert.notEqual(rotated.secret, secret);
    const hours = (Date.parse(rotated.previousExpiresAt) - Date.now()) / 3_600_000;
    assert.ok(hours > 23 && hours < 25, String(hours));
  });

  for (const [what, body, field] of [
    ['no URL', {}, 'url'],
    ['another scheme', { url: 'ftp://partner.example' }, 'url'],
    ['a password in the URL', { url: 'https://a:b@partner.example' }, 'url'],
    ['a fragment in the URL', { url: 'https://partner.example/#a' }, 'url'],
    ['an unknown event', { url: 'https://partner.example', events: ['order.eaten'] }, 'events[0]'],
    ['an unknown field', { url: 'https://partner.example', secret: 'x' }, 'secret'],
  ] as const)
    it(`are refused with ${what}`, async () => {
      const problem = problemOf(await add(body));
      assert.equal(problem.code, 'invalid_request');
      assert.equal(problem.errors?.[0]?.field, field);
    });

  it('must be public, unless private addresses are allowed', async () => {
    const { pool } = stage.shop;
    const app = await stage.another({
      webhooks: createWebhookService({
        endpoints: createWebhookEndpoints(pool),
        deliveries: createWebhookDeliveries(pool),
        allowPrivate: false,
      }),
    });
    for (const address of [
      'http://partner.example/',
      'https://127.0.0.1/',
      'https://[::1]/',
      'https://localhost/',
      'https://LOCALHOST./',
      'https://foo.localhost/',
      'https://foo.localhost.:444/',
      'https://127.0.0.1./',
      'https://printer.local/',
      'https://metadata.google.internal/',
      'https://nas.home.arpa/',
      'https://169.254.169.254/latest',
      'https://[::7f00:1]/',
      'https://[::ffff:7f00:1]/',
    ]) {
      const problem = problemOf(await app.inject(sending('POST', PATH, { url: address })));
      assert.equal(problem.errors?.[0]?.field, 'url', address);
    }
    for (const host of [
      'localhost.example',
      'notlocalhost.example',
      'internal.example.',
      'mylocal.example',
    ]) {
      const { statusCode, body } = await app.inject(sending('POST', PATH, { url: `https://${host}/` }));
      assert.equal(statusCode, 201, body);
    }
  });

  it('that do not exist are answered 404', async () => {
    for (const request of [
      getting(`${PATH}/we_none`),
      sending('PATCH', `${PATH}/we_none`, {}),
      sending('DELETE', `${PATH}/we_none`),
      getting(`${PATH}/we_none/deliveries`),
      sending('POST', `${PATH}/we_none/secret/rotate`),
      sending('POST', `${PATH}/we_none/recover`, { since: '2026-01-01T00:00:00Z' }),
    ])
      assert.equal(problemOf(await stage.app.inject(request)).code, 'webhook_endpoint_not_found');
    for (const request of [
      getting('/v1/webhook-deliveries/none'),
      sending('POST', '/v1/webhook-deliveries/none/redeliver'),
    ])
      assert.equal(problemOf(await stage.app.inject(request)).code, 'webhook_delivery_not_found');
  });
});
