import assert from 'node:assert/strict';
import type { NewWebhookEndpointView, WebhookEndpointView } from '../../src/contracts/http/webhooks.ts';
import { API_KEY, openStage, type Stage } from '../support/api/app.ts';
import { readOutbox } from '../../src/adapters/postgres/event-outbox.ts';
import { createWebhookDeliveries } from '../../src/adapters/postgres/webhook-deliveries.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { invoke } from '../support/cli/invoke.ts';

describe('checkout webhooks', function () {
  this.timeout(60_000);
  let stage: Stage;
  let url: string;

  before(async () => {
    stage = await openStage();
    url = await stage.app.listen({ port: 0, host: '127.0.0.1' });
  });
  after(() => stage.close());

  const run = (...args: string[]) =>
    invoke(['webhooks', ...args, '--url', url], { CHECKOUT_API_KEY: API_KEY });
  const added = async (...args: string[]): Promise<NewWebhookEndpointView> => {
    const { exitCode, out, err } = await run('add', ...args, '--json');
    assert.equal(exitCode, 0, err);
    return JSON.parse(out) as NewWebhookEndpointView;
  };

  it('adds an endpoint, shows its secret once, and lists the endpoint', async () => {
    const { exitCode, out } = await run('add', 'https://a.example/hooks', '--events', 'order.paid');
    assert.equal(exitCode, 0);
    assert.match(out, /secret whsec_/);
    const listed = await run();
    assert.match(listed.out, /https:\/\/a\.example\/hooks +paid +enabled/);
    assert.doesNotMatch(listed.out, /whsec_/);
  });

  it('disables, enables, changes and removes an endpoint', async () => {
    const { endpointId } = await added('https://b.example/hooks');
    assert.match((await run('disable', endpointId)).out, /disabled, asked/);
    assert.match((await run('enable', endpointId)).out, /enabled/);
    assert.match((await run('change', endpointId, '--contact', 'ops@b.example')).out, /enabled/);
    assert.match((await run('remove', endpointId)).out, /is removed/);
    const removed = JSON.parse(
      (await run('list', '--state', 'removed', '--json')).out,
    ) as WebhookEndpointView[];
    assert.equal(removed.find((each) => each.endpointId === endpointId)?.contact, 'ops@b.example');
  });

  it('replaces the secret, and shows how long the previous one is valid', async () => {
    const { endpointId, secret } = await added('https://c.example/hooks');
    const { out } = await run('rotate', endpointId);
    assert.match(out, /secret whsec_\S+\nThe previous secret is valid until \d{4}-/);
    assert.ok(!out.includes(secret));
  });

  it('shows a delivery, and delivers it again', async () => {
    const { endpointId } = await added('https://d.example/hooks');
    const { shop } = stage;
    await shop.ledger.reserveStock([checkoutOrder({ lines: [line(await shop.item(1))] })]);
    const deliveries = createWebhookDeliveries(shop.pool);
    const deliveryId = await waitUntilPasses(async () => {
      await deliveries.add(await readOutbox(shop.pool, '', 10));
      const [first] = await deliveries.list(endpointId, undefined, 1);
      assert.ok(first, 'no delivery is due yet');
      return first.deliveryId;
    });
    assert.match((await run('deliveries', endpointId)).out, /pending +0/);
    await deliveries.record(
      { deliveryId, endpointId },
      { startedAt: new Date(), durationMs: 7, headers: {}, status: 500, answer: 'not now' },
      { state: 'failed', reason: 'gave_up' },
      86_400_000,
    );
    const { out } = await run('delivery', deliveryId);
    assert.match(out, /failed: gave_up/);
    assert.match(out, /1 {2}7 ms {2}500 not now/);
    assert.match(out, /"specversion":"1\.0"/);
    assert.match((await run('redeliver', deliveryId)).out, /pending/);
    assert.match(
      (await run('recover', endpointId, '--since', '2026-01-01')).out,
      /0 deliveries were created/,
    );
  });

  it('says what is wrong in a line, and exits with 1', async () => {
    const { exitCode, err } = await run('add', 'https://e.example/hooks', '--events', 'order.eaten');
    assert.equal(exitCode, 1);
    assert.match(err, /events\[0\] must be an event type/);
    assert.equal((await run('remove', 'we_none')).exitCode, 1);
  });
});
