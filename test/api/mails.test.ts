import assert from 'node:assert/strict';
import type { MailView } from '../../src/contracts/http/mail.ts';
import { openWorkingStage, type Stage } from '../support/api/app.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { getting, problemOf, sending } from '../support/api/requests.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';

describe('mails over HTTP', function () {
  this.timeout(60_000);
  let stage: Stage;
  let shop: OrderCalls;

  before(async () => {
    stage = await openWorkingStage();
    shop = orderCalls(stage.app);
  });
  after(() => stage.close());

  const mailsOf = async (orderId: string): Promise<MailView[]> =>
    (await stage.app.inject(getting(`/v1/mails?orderId=${orderId}`))).json<{ data: MailView[] }>().data;
  const resend = (orderId: string, body?: object) =>
    stage.app.inject(sending('POST', `/v1/orders/${orderId}/mails/resend`, body));

  /** A paid order with these mails refused by the mail server. */
  async function orderWithRefused(...kinds: string[]): Promise<string> {
    const { orderId } = await shop.place();
    await waitUntilPasses(async () => {
      assert.deepEqual(
        (await mailsOf(orderId)).map(({ status }) => status),
        ['sent', 'sent'],
      );
    });
    await stage.shop.pool.query(
      `update mails set status = 'refused', last_error = '550', sent_at = null where order_id = $1 and kind = any($2)`,
      [orderId, kinds],
    );
    return orderId;
  }
  const emailOf = async (orderId: string): Promise<string | undefined> =>
    (await stage.shop.reader.find(orderId))?.view.customer?.email;

  it('sends a refused mail again, to the corrected address', async () => {
    const orderId = await orderWithRefused('paid');
    const answer = await resend(orderId, { email: 'corrected@example.com' });
    assert.equal(answer.statusCode, 202);
    assert.equal(answer.json<{ data: MailView[] }>().data.length, 2);
    await waitUntilPasses(async () => {
      const found = (await mailsOf(orderId)).map(({ kind, status, attempts }) => [kind, status, attempts]);
      assert.deepEqual(found, [
        ['created', 'sent', 1],
        ['paid', 'sent', 2],
      ]);
    });
    assert.equal(await emailOf(orderId), 'corrected@example.com');
  });

  it('sends only mails of the kind that is asked for', async () => {
    const orderId = await orderWithRefused('created', 'paid');
    assert.equal((await resend(orderId, { kind: 'created' })).statusCode, 202);
    await waitUntilPasses(async () => {
      assert.deepEqual(
        (await mailsOf(orderId)).map(({ status }) => status),
        ['sent', 'refused'],
      );
    });
    assert.equal((await resend(orderId)).statusCode, 202);
    await waitUntilPasses(async () => {
      assert.deepEqual(
        (await mailsOf(orderId)).map(({ status }) => status),
        ['sent', 'sent'],
      );
    });
  });

  it('changes nothing where every mail was sent, and finds no order of others', async () => {
    const orderId = await orderWithRefused();
    const before = await emailOf(orderId);
    const answer = await resend(orderId, { email: 'other@example.com' });
    assert.deepEqual([answer.statusCode, problemOf(answer).code], [409, 'no_unsent_mail']);
    assert.equal(await emailOf(orderId), before);
    assert.equal(problemOf(await resend(`ord_${'0'.repeat(32)}`)).code, 'order_not_found');
    assert.equal(problemOf(await resend(orderId, { email: 'nowhere' })).code, 'invalid_request');
  });
});
