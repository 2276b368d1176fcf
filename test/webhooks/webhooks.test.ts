import assert from 'node:assert/strict';
import { readOutbox } from '../../src/adapters/postgres/event-outbox.ts';
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
    for (const { endpointId } of await stage.service.list(['enabled', 'disabled'], 100))
      await stage.service.remove(endpointId);
  });

  async function receiver(): Promise<Receiver> {
    const opened = await openReceiver();
    receivers.push(opened);
    return opened;
  }
  async function addEndpoint(details: { events?: string[]; contact?: string } = {}) {
    const opened = await receiver();
    const { endpoint, secret } = await stage.service.add({ url: opened.url, ...details });
    return { receiver: opened, endpointId: endpoint.endpointId, secret };
  }
  const waitForAccepted = (some: readonly string[], ...ids: string[]) =>
    waitUntilPasses(() => {
      assert.deepEqual([...some].sort(), [...ids].sort());
    }, 40_000);
  const waitForState = (endpointId: string, state: string) =>
    waitUntilPasses(async () => {
      assert.equal((await stage.service.find(endpointId)).state, state);
    });

  it('send every event to every endpoint, with a signature that the official library accepts', async () => {
    const [one, other] = [await addEndpoint(), await addEndpoint()];
    const orderId = await stage.place();
    for (const { receiver: to, secret } of [one, other]) {
      await waitForAccepted(to.accepted, `${orderId}/1`, `${orderId}/2`);
      for (const webhook of to.received) {
        const event = verify(webhook, secret) as { id: string; subject: string; sequence: number };
        assert.equal(event.id, webhook.id);
        assert.equal(event.subject, orderId);
      }
      assert.throws(() => verify(to.received[0] ?? assert.fail(), 'whsec_c29tZWJvZHkgZWxzZQ=='));
    }
  });

  it('send only events that the endpoint subscribes to, and none that is older than the endpoint', async () => {
    const before = await stage.place();
    const all = await addEndpoint();
    const { receiver: some } = await addEndpoint({ events: ['order.reserved'] });
    const orderId = await stage.place();
    await waitForAccepted(all.receiver.accepted, `${orderId}/1`, `${orderId}/2`);
    await waitForAccepted(some.accepted, `${orderId}/2`);
    assert.ok(![...all.receiver.accepted, ...some.accepted].some((id) => id.startsWith(before)));
  });

  it('are sent again until they are accepted, and each is accepted once', async () => {
    const { receiver: to, endpointId } = await addEndpoint();
    let failures = 5;
    to.answer = (response) => {
      failures -= 1;
      answerWith(failures >= 0 ? 503 : 204, {}, 'busy')(response);
    };
    const orderIds = [await stage.place(), await stage.place()];
    const ids = orderIds.flatMap((orderId) => [`${orderId}/1`, `${orderId}/2`]);
    await waitForAccepted(to.accepted, ...ids);
    const deliveries = await stage.service.deliveries(endpointId, 'delivered', 10);
    assert.equal(deliveries.length, 4);
    assert.equal(to.received.length, 9);
    const failed = deliveries.find(({ attempts }) => attempts > 1);
    const { attempts } = await stage.service.delivery(failed?.deliveryId ?? '');
    assert.equal(attempts[0]?.status, 503);
    assert.equal(attempts[0].answer, 'busy');
    assert.equal(attempts.at(-1)?.status, 204);
    assert.equal(
      (await stage.service.find(endpointId)).failingSince,
      undefined,
      'the endpoint is not failing any more',
    );
  });

  it('remove an endpoint that answers 410, and notify its contact', async () => {
    const { receiver: to, endpointId } = await addEndpoint({ contact: 'ops@partner.example' });
    to.answer = answerWith(410);
    await stage.place();
    await waitForState(endpointId, 'removed');
    await waitUntilPasses(() => {
      const mail = stage.mails.find(({ messageId }) => messageId.includes(endpointId));
      assert.equal(mail?.to.address, 'ops@partner.example');
      assert.match(mail.text, /410/);
    });
    const calls = to.received.length;
    const other = await addEndpoint();
    const later = await stage.place();
    await waitForAccepted(other.receiver.accepted, `${later}/1`, `${later}/2`);
    assert.ok(to.received.length <= Math.max(calls, 2), 'no event of the later order is sent');
    assert.equal(await stage.stateOf(endpointId, later, 1), undefined);
  });

  it('disable an endpoint that has accepted nothing for three days, and notify its contact once', async () => {
    const { receiver: to, endpointId } = await addEndpoint({ contact: 'ops@partner.example' });
    to.answer = answerWith(500);
    const orderId = await stage.place();
    await waitUntilPasses(async () => {
      assert.ok((await stage.service.find(endpointId)).failingSince, 'the endpoint has not failed yet');
    });
    await stage.shop.pool.query(
      `update webhook_endpoints set failing_since = clock_timestamp() - 3 * ${DAY} + interval '1 minute' where endpoint_id = $1`,
      [endpointId],
    );
    await stage.shop.pool.query(
      `update webhook_deliveries set since = clock_timestamp() - 3 * ${DAY} where endpoint_id = $1`,
      [endpointId],
    );
    await waitForState(endpointId, 'disabled');
    const mailsToContact = () => stage.mails.filter(({ messageId }) => messageId.includes(endpointId));
    await waitUntilPasses(() => {
      assert.equal(mailsToContact().length, 1);
    });
    await waitUntilPasses(async () => {
      assert.equal(await stage.stateOf(endpointId, orderId, 1), 'failed');
      assert.equal(await stage.stateOf(endpointId, orderId, 2), 'failed');
    });

    to.answer = answerWith(204);
    const missed = await stage.place();
    const { createdAt } = await stage.service.change(endpointId, { state: 'enabled' });
    const ids = [orderId, missed].flatMap((each) => [`${each}/1`, `${each}/2`]);
    // The events that the relay had not read when the endpoint was enabled are sent without `recover`.
    const { deliveries: recovered } = await stage.service.recover(endpointId, createdAt);
    assert.ok(recovered >= 2, String(recovered));
    await waitForAccepted(to.accepted, ...ids);
    assert.equal(
      (await stage.service.recover(endpointId, createdAt)).deliveries,
      0,
      'all events are delivered',
    );
    assert.equal(mailsToContact().length, 1);
  });

  it('do not follow a redirect', async () => {
    const redirectTarget = await receiver();
    const { receiver: to, endpointId } = await addEndpoint();
    to.answer = answerWith(302, { location: redirectTarget.url });
    const orderId = await stage.place();
    await waitUntilPasses(async () => {
      const { attempts } = await stage.service.delivery(`${endpointId}.${orderId}.1`);
      assert.equal(attempts[0]?.status, 302);
    });
    assert.equal(redirectTarget.received.length, 0);
    assert.equal(await stage.stateOf(endpointId, orderId, 1), 'pending');
  });

  it('are also signed with the previous secret for a day after a rotation', async () => {
    const { receiver: to, endpointId, secret } = await addEndpoint();
    const { secret: next } = await stage.service.rotate(endpointId);
    const orderId = await stage.place();
    await waitForAccepted(to.accepted, `${orderId}/1`, `${orderId}/2`);
    for (const webhook of to.received) for (const each of [secret, next]) verify(webhook, each);
    await stage.shop.pool.query(`update webhook_secrets set expires_at = expires_at - 2 * ${DAY}`);
    const later = await stage.place();
    await waitUntilPasses(() => {
      const webhook =
        to.received.find(({ id }) => id === `${later}/1`) ??
        assert.fail('the webhook has not been received yet');
      verify(webhook, next);
      assert.throws(() => verify(webhook, secret));
    });
  });

  it('are sent once more, with the same id, by `redeliver`', async () => {
    const { receiver: to, endpointId } = await addEndpoint();
    const orderId = await stage.place();
    await waitForAccepted(to.accepted, `${orderId}/1`, `${orderId}/2`);
    await waitUntilPasses(async () => {
      assert.equal(await stage.stateOf(endpointId, orderId, 1), 'delivered');
    });
    const { state } = await stage.service.redeliver(`${endpointId}.${orderId}.1`);
    assert.equal(state, 'pending');
    await waitForAccepted(to.accepted, `${orderId}/1`, `${orderId}/1`, `${orderId}/2`);
  });

  it('of an endpoint that does not answer do not delay those of others', async () => {
    const [slow, working] = [await addEndpoint(), await addEndpoint()];
    slow.receiver.answer = () => undefined;
    const orderIds = [];
    for (let n = 0; n < 30; n += 1) orderIds.push(await stage.place());
    await waitForAccepted(working.receiver.accepted, ...orderIds.flatMap((id) => [`${id}/1`, `${id}/2`]));
    assert.equal(slow.receiver.accepted.length, 0);
  });
});

describe('webhook deliveries that were stored and not started', function () {
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

  it('are started by the next process', async () => {
    await stage.service.add({ url: receiver.url });
    const orderId = await stage.place();
    await stage.deliveries.add(await readOutbox(stage.shop.pool, '', 1));
    stage.startRelay();
    await waitUntilPasses(() => {
      assert.deepEqual([...receiver.accepted].sort(), [`${orderId}/1`, `${orderId}/2`]);
    });
  });
});
