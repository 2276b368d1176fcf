import assert from 'node:assert/strict';
import { readOutbox } from '../../src/adapters/postgres/event-outbox.ts';
import { createStockAlerts } from '../../src/adapters/postgres/stock-alerts.ts';
import { createStockSubscriptions } from '../../src/adapters/postgres/stock-subscriptions.ts';
import { createWebhookDeliveries } from '../../src/adapters/postgres/webhook-deliveries.ts';
import type { StockAlertView } from '../../src/contracts/http/stock-alerts.ts';
import type { WebhookDeliveryView } from '../../src/contracts/http/webhooks.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { getting, problemOf, sending } from '../support/api/requests.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const item = { title: 'Lamp <b>', unitPrice: 900, currency: 'EUR' };

interface Page {
  data: StockAlertView[];
  nextCursor?: string;
}

describe('alerts of low stock over HTTP', function () {
  this.timeout(120_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.close());

  const raise = () => createStockAlerts(stage.shop.pool).raise({ delayMs: 0, limit: 10, mail: false });
  const page = async (query: string): Promise<Page> =>
    (await stage.app.inject(getting(`/v1/stock/alerts?${query}`))).json<Page>();

  it('are listed newest first, in pages, by item and by what became of the mail', async () => {
    for (const sku of ['a', 'b', 'c']) {
      await stage.app.inject(sending('PUT', `/v1/stock/${sku}`, { ...item, onHand: 1, lowAt: 2 }));
      await raise();
    }
    const first = await page('limit=2');
    assert.deepEqual(
      first.data.map(({ sku, state, mailStatus }) => [sku, state, mailStatus]),
      [
        ['c', 'low', 'none'],
        ['b', 'low', 'none'],
      ],
    );
    const second = await page(`limit=2&cursor=${first.nextCursor ?? ''}`);
    assert.deepEqual([second.data.map(({ sku }) => sku), second.nextCursor], [['a'], undefined]);
    assert.deepEqual(
      (await page('sku=b')).data.map(({ sku }) => sku),
      ['b'],
    );
    assert.deepEqual((await page('mailStatus=failed')).data, []);
    const wrong = await stage.app.inject(getting('/v1/stock/alerts?mailStatus=lost'));
    assert.equal(problemOf(wrong).code, 'invalid_request');
  });

  it('have events that webhooks deliver, and that are no orders', async () => {
    const sku = 's'.repeat(64);
    const location = 'l'.repeat(64);
    await stage.app.inject(sending('PUT', `/v1/locations/${location}`, { name: 'Far away' }));
    for (const events of [['stock.low'], ['order.paid'], []])
      await stage.app.inject(
        sending('POST', '/v1/webhook-endpoints', {
          url: `https://shop.example/${events.join('-')}`,
          events,
        }),
      );
    await stage.app.inject(sending('PUT', `/v1/stock/${sku}`, { ...item, onHand: 1, lowAt: 2, location }));
    await raise();
    const stream = `stock/${sku}/${location}`;
    const events = (await readOutbox(stage.shop.pool, '', 1_000)).filter(({ orderId }) => orderId === stream);
    const deliveries = createWebhookDeliveries(stage.shop.pool);
    await deliveries.add(events);
    const ids = (await deliveries.unstarted(10, 10)).filter((id) => id.includes(stream));
    assert.equal(ids.length, 2, 'to the endpoint of stock.low and to that of all events');
    for (const id of ids) {
      const answer = await stage.app.inject(getting(`/v1/webhook-deliveries/${encodeURIComponent(id)}`));
      assert.equal(answer.statusCode, 200, answer.body);
      const { body, type } = answer.json<WebhookDeliveryView>();
      assert.equal(type, 'com.durable-checkout.stock.low.v1');
      const event = JSON.parse(body) as { subject: string; data: { stock: { state: string } } };
      assert.deepEqual([event.subject, event.data.stock.state], [stream, 'low']);
    }
    for (const path of ['', '/events', '/shipments'])
      assert.equal(
        (await stage.app.inject(getting(`/v1/orders/${encodeURIComponent(stream)}${path}`))).statusCode,
        404,
      );
  });
});

describe('back-in-stock subscriptions over HTTP', function () {
  this.timeout(120_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage();
    await stage.app.inject(sending('PUT', '/v1/stock/lamp', { ...item, onHand: 0 }));
  });
  after(() => stage.close());

  const subscribe = (body: object, sku = 'lamp') =>
    stage.app.inject(sending('POST', `/v1/stock/${sku}/subscriptions`, body));
  async function tokenOf(email: string, locale?: string): Promise<string> {
    await subscribe({ email, ...(locale !== undefined && { locale }) });
    const mails = await createStockSubscriptions(stage.shop.pool).claimMails(10, 60_000);
    return mails.find((mail) => mail.email === email)?.token ?? '';
  }
  const visit = (method: 'GET' | 'POST', action: string, token: string, headers = {}) =>
    stage.app.inject({
      method,
      url: `/v1/stock/subscriptions/${action}?token=${token}`,
      headers: { accept: BROWSER, ...headers },
    });
  async function statusOf(token: string): Promise<string | undefined> {
    return (await createStockSubscriptions(stage.shop.pool).find(token))?.status;
  }

  it('are accepted with the same answer, whether the address is subscribed or not', async () => {
    const answers = [];
    for (let n = 0; n < 8; n += 1) answers.push(await subscribe({ email: 'same@example.com' }));
    for (const { statusCode, body } of answers) assert.deepEqual([statusCode, body], [202, answers[0]?.body]);
    assert.equal((await subscribe({ email: 'ada@example.com' }, 'unknown')).statusCode, 404);
    for (const body of [{}, { email: 'ada' }, { email: 'ada@example.com', locale: 'xx' }])
      assert.equal(problemOf(await subscribe(body)).code, 'invalid_request');
    const { headers, ...request } = sending('POST', '/v1/stock/lamp/subscriptions', { email: 'a@b.example' });
    const answer = await stage.app.inject({ ...request, headers: { ...headers, authorization: '' } });
    assert.equal(answer.statusCode, 401);
  });

  it('are confirmed and ended by a button, and not by the link alone', async () => {
    const token = await tokenOf('ada@example.com');
    for (const action of ['confirm', 'unsubscribe']) {
      const page = await visit('GET', action, token);
      assert.deepEqual(
        [page.statusCode, page.headers['content-type'], page.headers['cache-control']],
        [200, 'text/html; charset=utf-8', 'no-store'],
      );
      assert.match(page.body, /<form method="post"><button>/);
      assert.equal(await statusOf(token), 'requested');
    }
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const confirmed = await visit('POST', 'confirm', token, form);
    assert.deepEqual([confirmed.statusCode, await statusOf(token)], [200, 'confirmed']);
    assert.doesNotMatch(confirmed.body, /<form/);
    assert.doesNotMatch((await visit('GET', 'confirm', token)).body, /<form/);
    await visit('POST', 'unsubscribe', token, form);
    assert.equal(await statusOf(token), 'cancelled');
    assert.doesNotMatch((await visit('GET', 'unsubscribe', token)).body, /<form/);
  });

  it('end by the request of a mail client (RFC 8058)', async () => {
    const token = await tokenOf('oneclick@example.com');
    const answer = await stage.app.inject({
      method: 'POST',
      url: `/v1/stock/subscriptions/unsubscribe?token=${token}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'List-Unsubscribe=One-Click',
    });
    assert.deepEqual([answer.statusCode, await statusOf(token)], [200, 'cancelled']);
  });

  it('have pages in the language of the subscription, which are escaped and allowed by the security policy', async () => {
    const token = await tokenOf('de@example.com', 'de');
    const { body, headers } = await visit('GET', 'confirm', token);
    assert.match(body, /<html lang="de">/);
    assert.match(body, /Lamp &lt;b&gt;/);
    assert.ok(!body.includes('Lamp <b>') && !body.includes('de@example.com'));
    assert.doesNotMatch(body, /<script|<img|<link|@import|url\(| on\w+=/);
    const policy = String(headers['content-security-policy']);
    assert.ok(policy.includes("form-action 'self'") && policy.includes("'unsafe-inline'"), policy);
    assert.equal(headers['referrer-policy'], 'no-referrer');
  });

  it('of a token that is not valid have a page for a browser, and a problem for every other client', async () => {
    const browser = await visit('POST', 'confirm', 'unknown');
    assert.deepEqual(
      [browser.statusCode, browser.headers['content-type']],
      [404, 'text/html; charset=utf-8'],
    );
    const client = await visit('GET', 'confirm', 'unknown', { accept: '*/*' });
    assert.deepEqual([client.statusCode, problemOf(client).code], [404, 'subscription_not_found']);
    assert.equal((await visit('GET', 'confirm', '')).statusCode, 400);
  });
});
