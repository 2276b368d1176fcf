import assert from 'node:assert/strict';
import { createMailLog, type ClaimedMail, type MailLog } from '../../src/adapters/postgres/mail-log.ts';
import type { MailKind } from '../../src/contracts/http/mail.ts';
import { LOCALES } from '../../src/contracts/http/order.ts';
import { renderMail } from '../../src/mail/render.ts';
import { MAIL_STYLE } from '../../harness/mail-style.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

const SHIPPING = {
  name: 'Ada Lovelace',
  line1: 'Lindenstraße 12',
  city: 'Berlin',
  postalCode: '10969',
  country: 'DE',
};

describe('the mail log', function () {
  this.timeout(60_000);
  let shop: Shop;
  let log: MailLog;
  let orderId: string;

  before(async () => {
    shop = await openShop();
    log = createMailLog(shop.pool);
    const [mug, print] = [await shop.item(5, 1_200), await shop.item(5, 4_500)];
    const order = checkoutOrder({
      lines: [line(mug, 2), line(print, 1)],
      customer: { email: 'ada@example.com', name: 'Ada' },
      shipping: SHIPPING,
    });
    ({ orderId } = order);
    await shop.ledger.reserveStock([order]);
    const { pool } = shop;
    await pool.query(`update orders set locale = 'de' where order_id = $1`, [orderId]);
    await pool.query(
      `insert into order_lines (order_id, line, sku, quantity, amount, shipped, delivered)
       values ($1, 1, $2, 2, 2400, 2, 2), ($1, 2, $3, 1, 4500, 0, 0)`,
      [orderId, mug, print],
    );
    await pool.query(
      `insert into shipments (shipment_id, order_id, number, location_id, status, mode, carrier, tracking_code, tracking_url,
                              handed_over_at, delivered_at)
       values ($1 || '/shipments/1', $1, 1, 'default', 'delivered', 'carrier', 'DHL', '0034', 'https://track.example/0034',
               '2026-03-16T14:05:00Z', '2026-03-18T11:40:00Z'),
              ($1 || '/shipments/2', $1, 2, 'default', 'handed_over', 'carrier', null, null, null, '2026-03-17T10:00:00Z', null)`,
      [orderId],
    );
    await pool.query(
      `insert into shipment_lines (shipment_id, line, sku, quantity)
       values ($1 || '/shipments/1', 1, $2, 2), ($1 || '/shipments/2', 2, $3, 1)`,
      [orderId, mug, print],
    );
    await pool.query(
      `insert into returns (return_id, order_id, number, status, note, request_hash, carrier, label_url)
       values ($1 || '/returns/1', $1, 1, 'open', 'A note', '', 'DHL', 'https://labels.example/1')`,
      [orderId],
    );
    await pool.query(
      `insert into return_lines (return_id, line, sku, quantity, received)
       values ($1 || '/returns/1', 1, $2, 2, 1), ($1 || '/returns/1', 2, $3, 1, 0)`,
      [orderId, mug, print],
    );
    await pool.query(
      `insert into payments (order_id, attempt, payment_intent_id, status, currency, amount, captured, refunded)
       values ($1, 1, 'pi_mails', 'succeeded', 'EUR', 6900, 6900, 1200)`,
      [orderId],
    );
    await pool.query(
      `insert into refunds (refund_id, order_id, number, kind, attempt, payment_intent_id, amount, request_hash, status, lines)
       values ('re_mails', $1, 1, 'requested', 1, 'pi_mails', 1200, '', 'succeeded', '[{"line": 1, "quantity": 1, "amount": 1200}]'),
              ('re_mails2', $1, 2, 'requested', 1, 'pi_mails', 100, '', 'succeeded', null)`,
      [orderId],
    );
  });
  after(() => shop.close());

  async function claim<K extends MailKind>(kind: K, part?: number): Promise<ClaimedMail<K>> {
    const messageId = `<${orderId}.${kind}.${part ?? 1}@shop.example>`;
    const {
      claimed: [mail, ...others],
    } = await log.claim([{ orderId, kind, messageId, ...(part !== undefined && { part }) }], {
      id: 'attempt',
      ms: 0,
    });
    assert.deepEqual(others, []);
    assert(mail?.kind === kind);
    return mail as ClaimedMail<K>;
  }

  it('says who gets a mail about an order, in which language, and what was ordered and paid', async () => {
    const { email, name, locale, total, currency, lines, placedAt, shipping, payment } = await claim('paid');
    assert.deepEqual([email, name, locale, total, currency], ['ada@example.com', 'Ada', 'de', 6_900, 'EUR']);
    assert.deepEqual(
      lines.map(({ quantity, total: amount }) => [quantity, amount]),
      [
        [2, 2_400],
        [1, 4_500],
      ],
    );
    assert.ok(Number.isFinite(Date.parse(placedAt)));
    assert.deepEqual(shipping, SHIPPING);
    assert.deepEqual(payment, { captured: 6_900, capturable: 0, refunded: 1_200 });
  });

  it('has a mail for each shipment, with its items and its tracking', async () => {
    const { shipment: first } = await claim('shipped');
    const title = first.lines[0]?.title ?? '';
    assert.deepEqual(first, {
      lines: [{ title, quantity: 2 }],
      carrier: 'DHL',
      trackingCode: '0034',
      trackingUrl: 'https://track.example/0034',
      handedOverAt: '2026-03-16T14:05:00.000Z',
      deliveredAt: '2026-03-18T11:40:00.000Z',
      replacement: false,
      completes: false,
    });
    assert.match(title, /^Test item/);
    const { shipment: second } = await claim('shipped', 2);
    assert.deepEqual([second.lines.length, second.lines[0]?.quantity, second.carrier], [1, 1, undefined]);
    assert.notEqual(second.lines[0]?.title, title);
  });

  it('knows the shipment that leaves nothing to be sent', async () => {
    await shop.pool.query('update order_lines set cancelled = 1 where order_id = $1 and line = 2', [orderId]);
    assert.equal((await claim('delivered')).shipment.completes, true);
  });

  it('says what a return is about, and what of it has arrived', async () => {
    const { return: label } = await claim('return_label');
    assert.deepEqual(
      label.lines.map(({ quantity }) => quantity),
      [2, 1],
    );
    assert.deepEqual(
      [label.number, label.carrier, label.labelUrl, label.note, label.exchange],
      [1, 'DHL', 'https://labels.example/1', 'A note', false],
    );
    const { return: received } = await claim('return_received');
    assert.deepEqual(
      received.lines.map(({ quantity }) => quantity),
      [1],
    );
  });

  it('says what a refund is for', async () => {
    const { refund } = await claim('refunded');
    assert.equal(refund.amount, 1_200);
    assert.deepEqual(
      refund.lines?.map(({ quantity, total }) => [quantity, total]),
      [[1, 1_200]],
    );
    assert.deepEqual((await claim('refunded', 2)).refund, { amount: 100 });
  });

  it('gives each of its mails what the text needs', async () => {
    const kinds = ['shipped', 'out_for_delivery', 'delivered', 'return_label', 'return_declined'] as const;
    for (const kind of kinds)
      for (const locale of LOCALES) {
        const { text } = renderMail<MailKind>(kind, await claim(kind), { ...MAIL_STYLE, locale });
        assert.match(text, /2 × Test item/);
      }
  });
});
