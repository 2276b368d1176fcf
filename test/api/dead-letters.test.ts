import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type {
  DeadLetterSummary,
  DeadLetterView,
  SettleManyResult,
} from '../../src/contracts/http/dead-letters.ts';
import {
  createTestBroker,
  openTestIntake,
  type TestBroker,
  type TestIntake,
} from '../support/intake/stage.ts';
import { event, PLACE, raw, type TestMessage } from '../../harness/brokers/message.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { line, orderRequest } from '../../harness/orders.ts';
import { openWorkingStage, type Stage } from '../support/api/app.ts';
import { getting, orderOf, problemOf, sending } from '../support/api/requests.ts';

describe('dead letters', function () {
  this.timeout(60_000);
  let stage: Stage;
  let broker: TestBroker;
  let intake: TestIntake;

  before(async () => {
    stage = await openWorkingStage();
    broker = createTestBroker();
    intake = await openTestIntake(stage, [broker]);
  });
  after(async () => {
    await intake.stop();
    await stage.close();
  });

  async function dead(message: TestMessage): Promise<string> {
    const receipt = await broker.deliver(message);
    assert.ok(receipt.result === 'dead', JSON.stringify(receipt));
    return receipt.deadLetterId;
  }

  const post = (path: string, body?: object) =>
    stage.app.inject(sending('POST', `/v1/dead-letters/${path}`, body));
  const find = async (id: string): Promise<DeadLetterView> =>
    (await stage.app.inject(getting(`/v1/dead-letters/${id}`))).json();
  const list = async (query = ''): Promise<{ data: DeadLetterSummary[]; nextCursor?: string }> =>
    (await stage.app.inject(getting(`/v1/dead-letters${query}`))).json();

  async function isPaid(orderId: string): Promise<void> {
    await waitUntilPasses(async () => {
      assert.equal(orderOf(await stage.app.inject(getting(`/v1/orders/${orderId}`))).status, 'paid');
    });
  }

  it('are listed newest first, page by page, and retrieved with their message', async () => {
    const text = `{"no": ${randomUUID().slice(0, 1)}"json`;
    const ids = [
      await dead(raw(text, { id: randomUUID(), type: PLACE })),
      await dead(raw('[]', { id: 'x' })),
    ];
    const page = await list('?limit=1');
    assert.equal(page.data[0]?.deadLetterId, ids[1]);
    const next = await list(`?limit=1&cursor=${page.nextCursor ?? ''}`);
    assert.equal(next.data[0]?.deadLetterId, ids[0]);
    const letter = await find(ids[0] ?? '');
    assert.equal(letter.body, text);
    assert.equal(letter.reason, 'invalid_json');
    assert.equal(letter.source, 'rabbitmq');
    const binary = await find(await dead({ body: Buffer.from([0xff, 0x00]), id: 'b', type: PLACE }));
    assert.equal(binary.bodyBase64, '/wA=');
  });

  it('are replayed with corrections: the order is placed under the id of the message', async () => {
    const message = event(PLACE, { ...orderRequest(), price: 1 });
    const id = await dead(message);
    const refused = await post(`${id}/replay`);
    assert.equal(problemOf(refused).code, 'invalid_request');
    assert.equal((await find(id)).attempts, 2);
    const replayed = await post(`${id}/replay`, { data: orderRequest() });
    assert.equal(replayed.statusCode, 200, replayed.body);
    const { state, orderId = '', messageId } = replayed.json<DeadLetterView>();
    assert.equal(state, 'replayed');
    assert.equal(messageId, message.eventId);
    await isPaid(orderId);
    assert.equal(problemOf(await post(`${id}/replay`)).code, 'dead_letter_settled');
    const again = await broker.deliver(event(PLACE, orderRequest(), { id: message.eventId }));
    assert.equal(again.result === 'done' && again.orderId, orderId, 'it is the same order');
  });

  it('are replayed without corrections once their cause is gone, many at once', async () => {
    const sku = `late-${randomUUID().slice(0, 8)}`;
    const ids = [];
    for (let n = 0; n < 3; n += 1)
      ids.push(await dead(event(PLACE, orderRequest({ lines: [line(sku)] }), { id: `${sku}-${n}` })));
    const other = await dead(raw('no', { id: sku, type: PLACE }));
    await stage.shop.catalogue.put(sku, { title: 'Late', unitPrice: 1_000, currency: 'EUR', onHand: 10 });
    const answer = (await post('replay', { reason: 'unknown_sku', ids })).json<SettleManyResult>();
    assert.deepEqual(answer, { settled: ids, failed: [] });
    for (const id of ids) await isPaid((await find(id)).orderId ?? '');
    const both = (await post('replay', { ids: [other] })).json<SettleManyResult>();
    assert.equal(both.failed[0]?.reason, 'invalid_json');
  });

  it('are discarded with a note, and stay discarded', async () => {
    const poison = raw('no', { id: randomUUID(), type: PLACE });
    const id = await dead(poison);
    const discarded = await post(`${id}/discard`, { note: 'a test of theirs' });
    assert.equal(discarded.json<DeadLetterView>().state, 'discarded');
    assert.equal((await post(`${id}/discard`)).statusCode, 200);
    assert.equal(await dead(poison), id);
    assert.equal((await find(id)).state, 'discarded', 'the same message again changes nothing');
    assert.equal(problemOf(await post(`${id}/replay`)).code, 'dead_letter_settled');
  });

  it('are filtered by broker, reason, type and state', async () => {
    const id = await dead(event('com.example.other', {}));
    const idsOf = async (query: string) => (await list(query)).data.map(({ deadLetterId }) => deadLetterId);
    assert.deepEqual(await idsOf('?reason=unknown_type&type=com.example.other'), [id]);
    assert.ok((await idsOf('?source=rabbitmq&limit=100')).includes(id));
    assert.deepEqual(await idsOf('?source=kafka'), []);
    assert.ok(!(await idsOf('?state=discarded&limit=100')).includes(id));
  });

  it('that do not exist are answered 404', async () => {
    for (const answer of [
      await stage.app.inject(getting('/v1/dead-letters/dl_none')),
      await post('dl_none/replay'),
      await post('dl_none/discard'),
    ])
      assert.equal(problemOf(answer).code, 'dead_letter_not_found');
  });
});
