import assert from 'node:assert/strict';
import { readFeed } from '../../src/adapters/postgres/event-outbox.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { answerWith, openReceiver, verify, type Receiver } from '../support/webhooks/receiver.ts';
import { openWebhookStage, type WebhookStage } from '../support/webhooks/stage.ts';

const DAY = "interval '1 day'";

describe('webhooks', function () {
  this.timeout(120_000);
  let stage: WebhookStage;
  const receivers: Receiver[] = [];

  before(async () => {
    stage = await openWebhookStage();
    stage.startRelay();
  });
  after(() => stage.close());
  afterEach(async () => {
    for (const receiver of receivers.splice(0)) receiver.close();
    for (const { endpointId } of await stage.desk.list(['enabled', 'disabled'], 100))
      await stage.desk.remove(endpointId);
  });

  async function receiver(): Promise<Receiver> {
    const opened = await openReceiver();
    receivers.push(opened);
    return opened;
  }
  async function subscribed(details: { events?: string[]; contact?: string } = {}) {
    const opened = await receiver();
    const { endpoint, secret } = await stage.desk.add({ url: opened.url, ...details });
    return { receiver: opened, endpointId: endpoint.endpointId, secret };
  }
  const has = (some: readonly string[], ...ids: string[]) =>
    waitUntilPasses(() => {
      assert.deepEqual([...some].sort(), [...ids].sort());
    }, 40_000);
  const isIn = (endpointId: string, state: string) =>
    waitUntilPasses(async () => {
      assert.equal((await stage.desk.find(endpointId)).state, state);
    });

  it('bring every event to every endpoint, signed so that the official library takes it', async () => {
    const [one, other] = [await subscribed(), await subscribed()];
    const orderId = await stage.place();
    for (const { receiver: to, secret } of [one, other]) {
      await has(to.taken, `${orderId}/1`, `${orderId}/2`);
      for (const webhook of to.received) {
        const event = verify(webhook, secret) as { id: string; subject: string; sequence: number };
        assert.equal(event.id, webhook.id);
        assert.equal(event.subject, orderId);
      }
      assert.throws(() => verify(to.received[0] ?? assert.fail(), 'whsec_c29tZWJvZHkgZWxzZQ=='));
    }
  });

  it('tell only of the events that are wanted, and none from before', async () => {
    const before = await stage.place();
    const all = await subscribed();
    const { receiver: some } = await subscribed({ events: ['order.reserved'] });
    const orderId = await stage.place();
    await has(all.receiver.taken, `${orderId}/1`, `${orderId}/2`);
    await has(some.taken, `${orderId}/2`);
    assert.ok(![...all.receiver.taken, ...some.taken].some((id) => id.startsWith(before)));
  });

  it('are sent again until they are taken, and are then taken once each', async () => {
    const { receiver: to, endpointId } = await subscribed();
    let failures = 5;
    to.answer = (response) => {
      failures -= 1;
      answerWith(failures >= 0 ? 503 : 204, {}, 'busy')(response);
    };
    const orderIds = [await stage.place(), await stage.place()];
    const ids = orderIds.flatMap((orderId) => [`${orderId}/1`, `${orderId}/2`]);
    await has(to.taken, ...ids);
    const deliveries = await stage.desk.deliveries(endpointId, 'delivered', 10);
    assert.equal(deliveries.length, 4);
    assert.equal(to.received.length, 9);
    const failed = deliveries.find(({ attempts }) => attempts > 1);
    const { attempts } = await stage.desk.delivery(failed?.deliveryId ?? '');
    assert.equal(attempts[0]?.status, 503);
    assert.equal(attempts[0].answer, 'busy');
    assert.equal(attempts.at(-1)?.status, 204);
    assert.equal((await stage.desk.find(endpointId)).failingSince, undefined, 'it is well again');
  });

  it('end for good where an endpoint says that it is gone, and its contact is told', async () => {
    const { receiver: to, endpointId } = await subscribed({ contact: 'ops@partner.example' });
    to.answer = answerWith(410);
    await stage.place();
    await isIn(endpointId, 'removed');
    await waitUntilPasses(() => {
      const mail = stage.mails.find(({ messageId }) => messageId.includes(endpointId));
      assert.equal(mail?.to.address, 'ops@partner.example');
      assert.match(mail.text, /410/);
    });
    const calls = to.received.length;
    const other = await subscribed();
    const later = await stage.place();
    await has(other.receiver.taken, `${later}/1`, `${later}/2`);
    assert.ok(to.received.length <= Math.max(calls, 2), 'nothing of the later order');
    assert.equal(await stage.stateOf(endpointId, later, 1), undefined);
  });

  it('disable an endpoint at which nothing has arrived for three days, and tell its contact once', async () => {
    const { receiver: to, endpointId } = await subscribed({ contact: 'ops@partner.example' });
    to.answer = answerWith(500);
    const orderId = await stage.place();
    await waitUntilPasses(async () => {
      assert.ok((await stage.desk.find(endpointId)).failingSince, 'no failure yet');
    });
    await stage.shop.pool.query(
      `update webhook_endpoints set failing_since = clock_timestamp() - 3 * ${DAY} + interval '1 minute' where endpoint_id = $1`,
      [endpointId],
    );
    await stage.shop.pool.query(
      `update webhook_deliveries set since = clock_timestamp() - 3 * ${DAY} where endpoint_id = $1`,
      [endpointId],
    );
    await isIn(endpointId, 'disabled');
    const told = () => stage.mails.filter(({ messageId }) => messageId.includes(endpointId));
    await waitUntilPasses(() => {
      assert.equal(told().length, 1);
    });
    await waitUntilPasses(async () => {
      assert.equal(await stage.stateOf(endpointId, orderId, 1), 'failed');
      assert.equal(await stage.stateOf(endpointId, orderId, 2), 'failed');
    });

    to.answer = answerWith(204);
    const missed = await stage.place();
    const { createdAt } = await stage.desk.change(endpointId, { state: 'enabled' });
    const ids = [orderId, missed].flatMap((each) => [`${each}/1`, `${each}/2`]);
    // What the relay had not read yet by then is sent by itself.
    const { deliveries: recovered } = await stage.desk.recover(endpointId, createdAt);
    assert.ok(recovered >= 2, String(recovered));
    await has(to.taken, ...ids);
    assert.equal((await stage.desk.recover(endpointId, createdAt)).deliveries, 0, 'all have arrived');
    assert.equal(told().length, 1);
  });

  it('do not follow a redirect', async () => {
    const elsewhere = await receiver();
    const { receiver: to, endpointId } = await subscribed();
    to.answer = answerWith(302, { location: elsewhere.url });
    const orderId = await stage.place();
    await waitUntilPasses(async () => {
      const { attempts } = await stage.desk.delivery(`${endpointId}.${orderId}.1`);
      assert.equal(attempts[0]?.status, 302);
    });
    assert.equal(elsewhere.received.length, 0);
    assert.equal(await stage.stateOf(endpointId, orderId, 1), 'pending');
  });

  it('are signed with the secret before as well, for a day after it was replaced', async () => {
    const { receiver: to, endpointId, secret } = await subscribed();
    const { secret: next } = await stage.desk.rotate(endpointId);
    const orderId = await stage.place();
    await has(to.taken, `${orderId}/1`, `${orderId}/2`);
    for (const webhook of to.received) for (const each of [secret, next]) verify(webhook, each);
    await stage.shop.pool.query(`update webhook_secrets set expires_at = expires_at - 2 * ${DAY}`);
    const later = await stage.place();
    await waitUntilPasses(() => {
      const webhook = to.received.find(({ id }) => id === `${later}/1`) ?? assert.fail('not yet');
      verify(webhook, next);
      assert.throws(() => verify(webhook, secret));
    });
  });

  it('are sent once more by hand, under the same id', async () => {
    const { receiver: to, endpointId } = await subscribed();
    const orderId = await stage.place();
    await has(to.taken, `${orderId}/1`, `${orderId}/2`);
    await waitUntilPasses(async () => {
      assert.equal(await stage.stateOf(endpointId, orderId, 1), 'delivered');
    });
    const { state } = await stage.desk.redeliver(`${endpointId}.${orderId}.1`);
    assert.equal(state, 'pending');
    await has(to.taken, `${orderId}/1`, `${orderId}/1`, `${orderId}/2`);
  });

  it('of one endpoint that does not answer hold up those of no other', async () => {
    const [slow, well] = [await subscribed(), await subscribed()];
    slow.receiver.answer = () => undefined;
    const orderIds = [];
    for (let n = 0; n < 60; n += 1) orderIds.push(await stage.place());
    await has(well.receiver.taken, ...orderIds.flatMap((id) => [`${id}/1`, `${id}/2`]));
    assert.equal(slow.receiver.taken.length, 0);
  });
});

describe('webhooks that were written down and not begun', function () {
  this.timeout(60_000);
  let stage: WebhookStage;
  let receiver: Receiver;
  before(async () => {
    stage = await openWebhookStage();
    receiver = await openReceiver();
  });
  after(async () => {
    receiver.close();
    await stage.close();
  });

  it('are begun by whoever comes next', async () => {
    await stage.desk.add({ url: receiver.url });
    const orderId = await stage.place();
    await stage.deliveries.add(await readFeed(stage.shop.pool, '', 1));
    stage.startRelay();
    await waitUntilPasses(() => {
      assert.deepEqual([...receiver.taken].sort(), [`${orderId}/1`, `${orderId}/2`]);
    });
  });
});
