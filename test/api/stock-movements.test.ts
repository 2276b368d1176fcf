import assert from 'node:assert/strict';
import type { StockItem } from '../../src/contracts/http/stock.ts';
import type { CountPreview, StockMovement } from '../../src/contracts/http/stock-movements.ts';
import { DEVELOPMENT_CLIENT } from '../../src/api/lib/api-keys.ts';
import { orderIdOf } from '../../src/orders/order-id.ts';
import { checkoutOrder, orderRequest } from '../../harness/orders.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { getting, newKey, problemOf, sending } from '../support/api/requests.ts';

describe('the movements of stock over HTTP', function () {
  this.timeout(120_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.close());

  const put = (sku: string, onHand: number) =>
    stage.app.inject(
      sending('PUT', `/v1/stock/${sku}`, { title: 'Pen', unitPrice: 100, currency: 'EUR', onHand }),
    );
  async function reserved(sku: string, quantity: number): Promise<string> {
    const orderId = orderIdOf(DEVELOPMENT_CLIENT, newKey());
    const { request, ...rest } = checkoutOrder();
    await stage.shop.ledger.reserveStock([
      { ...rest, request: { ...request, ...orderRequest({ lines: [{ sku, quantity }] }) }, orderId },
    ]);
    return orderId;
  }
  const page = async (url: string) => {
    const answer = await stage.app.inject(getting(url));
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json<{ data: StockMovement[]; nextCursor?: string }>();
  };
  async function preview(sku: string, onHand: number): Promise<CountPreview> {
    const url = `/v1/stock/${sku}/count-preview?location=default&onHand=${onHand}`;
    const answer = await stage.app.inject(getting(url));
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json<CountPreview>();
  }

  it('are listed newest first, in pages, with the order that caused them', async () => {
    await put('pen', 5);
    const orderId = await reserved('pen', 2);
    await put('pen', 9);
    const first = await page('/v1/stock/pen/movements?limit=2');
    assert.deepEqual(
      first.data.map((movement) => [movement.available, movement.held, movement.orderId]),
      [
        [4, 0, undefined],
        [-2, 2, orderId],
      ],
    );
    assert.deepEqual(first.data[0]?.actor, { type: 'client', id: DEVELOPMENT_CLIENT });
    const rest = await page(`/v1/stock/pen/movements?limit=2&cursor=${first.nextCursor}`);
    assert.deepEqual([rest.data.map(({ available }) => available), rest.nextCursor], [[5], undefined]);
  });

  it('of an item that does not exist are 404', async () => {
    const answer = await stage.app.inject(getting('/v1/stock/none/movements'));
    assert.deepEqual([answer.statusCode, problemOf(answer).code], [404, 'item_not_found']);
  });

  it('are foreseen: a count leaves the newest orders short, as it then does', async () => {
    await put('cup', 6);
    const older = await reserved('cup', 2);
    const newer = await reserved('cup', 3);
    const { before, after, short, shortPieces } = await preview('cup', 1);
    assert.deepEqual([before.onHand, before.available, before.held], [6, 1, 5]);
    assert.deepEqual(short, [
      { orderId: newer, state: 'held', quantity: 3 },
      { orderId: older, state: 'held', quantity: 1 },
    ]);
    assert.equal(shortPieces, 4);
    await put('cup', 1);
    const { locations } = (await stage.app.inject(getting('/v1/stock/cup'))).json<StockItem>();
    const [level] = locations;
    assert.deepEqual(
      { ...after },
      {
        onHand: level?.onHand,
        available: level?.available,
        held: level?.held,
        committed: level?.committed,
        unavailable: level?.unavailable,
        oversold: level?.oversold,
      },
    );
    const more = await preview('cup', 10);
    assert.deepEqual([more.short, more.after.oversold, more.after.available], [[], 0, 5]);
  });

  it('are foreseen at a location that has the item only', async () => {
    await put('hat', 1);
    const answer = await stage.app.inject(getting('/v1/stock/hat/count-preview?location=moon&onHand=1'));
    assert.deepEqual([answer.statusCode, problemOf(answer).code], [404, 'location_not_found']);
  });
});
