import assert from 'node:assert/strict';
import type { ProblemView } from '../../src/contracts/errors.ts';
import type { StockItem } from '../../src/contracts/http/stock.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { orderRequest } from '../../harness/orders.ts';
import { getting, placing, sending } from '../support/api/requests.ts';

const item = { title: 'Pen', unitPrice: 100, currency: 'EUR', onHand: 5 };

describe('stock over HTTP', function () {
  this.timeout(120_000);
  let stage: Stage;

  before(async () => {
    stage = await openStage();
  });
  after(() => stage.close());

  const problemOf = async (url: string, body: object): Promise<[number, string]> => {
    const answer = await stage.app.inject(sending('PUT', url, body));
    return [answer.statusCode, answer.json<ProblemView>().code];
  };

  it('has no item whose address is that of another list', async () => {
    await stage.app.ready();
    const paths = stage.app.swagger().paths as Record<string, object>;
    const names = Object.keys(paths).flatMap((path) => /^\/v1\/stock\/([\w-]+)$/.exec(path)?.[1] ?? []);
    assert.deepEqual(names.sort(), ['alerts', 'sequences', 'sync']);
    for (const sku of names) {
      const put = await stage.app.inject(sending('PUT', `/v1/stock/${sku}`, item));
      const isRead =
        (await stage.app.inject(getting(`/v1/stock/${sku}`))).json<{ sku?: string }>().sku === sku;
      if (isRead) assert.equal(put.statusCode, 200, put.body);
      else {
        const { code, detail } = put.json<ProblemView>();
        assert.deepEqual([put.statusCode, code], [400, 'invalid_request'], sku);
        assert.match(
          detail ?? '',
          /An item cannot have the SKU alerts: GET \/v1\/stock\/alerts is another list/,
        );
      }
    }
    assert.equal((await stage.app.inject(sending('PUT', '/v1/stock/Alerts', item))).statusCode, 200);
  });

  it('is counted by location, and returned in sum and by location', async () => {
    const address = {
      name: 'East',
      line1: '1 Dock Rd',
      city: 'Hull',
      postalCode: 'HU1',
      country: 'GB',
      phone: '+44 1',
    };
    const east = { name: 'East', priority: 5, active: true, address };
    const put = await stage.app.inject(sending('PUT', '/v1/locations/east', east));
    assert.deepEqual([put.statusCode, put.json()], [200, { location: 'east', ...east }]);
    assert.deepEqual((await stage.app.inject(getting('/v1/locations/east'))).json(), {
      location: 'east',
      ...east,
    });
    const { data } = (await stage.app.inject(getting('/v1/locations'))).json<{
      data: { location: string }[];
    }>();
    assert.deepEqual(
      data.map(({ location }) => location),
      ['default', 'east'],
    );

    await stage.app.inject(sending('PUT', '/v1/stock/pen', { ...item, lowAt: 1 }));
    await stage.app.inject(
      sending('PUT', '/v1/stock/pen', { ...item, onHand: 7, location: 'east', lowAt: 3 }),
    );
    const pen = (await stage.app.inject(getting('/v1/stock/pen'))).json<StockItem>();
    assert.deepEqual([pen.onHand, pen.available, pen.lowAt], [12, 12, undefined]);
    assert.deepEqual(
      pen.locations.map(({ location, onHand, lowAt }) => [location, onHand, lowAt]),
      [
        ['default', 5, 1],
        ['east', 7, 3],
      ],
    );
  });

  it('keeps the weight of an item until another is given', async () => {
    await stage.app.inject(sending('PUT', '/v1/stock/heavy', { ...item, weightGrams: 900 }));
    const put = await stage.app.inject(sending('PUT', '/v1/stock/heavy', item));
    assert.equal(put.json<StockItem>().weightGrams, 900);
  });

  it('is refused at a location that does not exist, and with a rearmAt that is not above lowAt', async () => {
    const nowhere = await stage.app.inject(sending('PUT', '/v1/stock/pen', { ...item, location: 'west' }));
    const { code, errors } = nowhere.json<ProblemView>();
    assert.deepEqual([nowhere.statusCode, code, errors?.[0]?.field], [404, 'location_not_found', 'location']);
    assert.deepEqual(await problemOf('/v1/stock/pen', { ...item, lowAt: 5, rearmAt: 5 }), [
      400,
      'invalid_request',
    ]);
    assert.deepEqual(await problemOf('/v1/stock/pen', { ...item, rearmAt: 5 }), [400, 'invalid_request']);
    assert.deepEqual(await problemOf('/v1/locations/a%2Fb', { name: 'A' }), [400, 'invalid_request']);
    assert.equal((await stage.app.inject(getting('/v1/locations/west'))).statusCode, 404);
  });

  it('is refused with a currency or a price that could never be charged, and the problem names the field', async () => {
    for (const [unitPrice, currency, code, field] of [
      [100, 'ZZZ', 'invalid_request', 'currency'],
      [100, 'HRK', 'invalid_request', 'currency'],
      [100, 'CLF', 'currency_not_supported', 'currency'],
      [5_124, 'KWD', 'amount_not_chargeable', 'unitPrice'],
      [150, 'MGA', 'amount_not_chargeable', 'unitPrice'],
      [1_000_000, 'ISK', 'amount_not_chargeable', 'unitPrice'],
      [100_000_000, 'EUR', 'amount_not_chargeable', 'unitPrice'],
    ] as const) {
      const put = await stage.app.inject(sending('PUT', '/v1/stock/odd', { ...item, unitPrice, currency }));
      const problem = put.json<ProblemView>();
      assert.deepEqual(
        [put.statusCode, problem.code, problem.errors?.[0]?.field],
        [400, code, field],
        put.body,
      );
    }
    assert.equal((await stage.app.inject(getting('/v1/stock/odd'))).statusCode, 404);
    for (const [unitPrice, currency] of [
      [5_120, 'KWD'],
      [200, 'MGA'],
      [999_999, 'ISK'],
      [1, 'EUR'],
      [0, 'HUF'],
      [10_000_000_000, 'IDR'],
    ] as const) {
      const put = await stage.app.inject(sending('PUT', '/v1/stock/fine', { ...item, unitPrice, currency }));
      assert.equal(put.statusCode, 200, put.body);
    }
  });

  it('makes no order whose total cannot be charged', async () => {
    const place = async (sku: string, quantity: number, currency: string) => {
      const order = orderRequest({ currency, lines: [{ sku, quantity }] });
      const answer = await stage.app.inject(placing(order));
      const problem = answer.json<ProblemView>();
      return [answer.statusCode, problem.code, problem.errors?.[0]?.field];
    };
    await stage.app.inject(sending('PUT', '/v1/stock/cheap', { ...item, unitPrice: 24 }));
    await stage.app.inject(sending('PUT', '/v1/stock/dear', { ...item, unitPrice: 99_999_999 }));
    await stage.shop.catalogue.put('old', { ...item, unitPrice: 5_124, currency: 'KWD' });
    await stage.shop.catalogue.put('older', { ...item, currency: 'CLF' });
    assert.deepEqual(await place('cheap', 2, 'EUR'), [400, 'amount_not_chargeable', 'lines']);
    assert.deepEqual((await place('cheap', 3, 'EUR')).slice(0, 1), [202]);
    assert.deepEqual((await place('dear', 1, 'EUR')).slice(0, 1), [202]);
    assert.deepEqual(await place('dear', 2, 'EUR'), [400, 'amount_not_chargeable', 'lines']);
    assert.deepEqual(await place('old', 1, 'KWD'), [400, 'amount_not_chargeable', 'lines']);
    assert.deepEqual(await place('older', 1, 'CLF'), [400, 'currency_not_supported', 'currency']);
    assert.deepEqual(await place('cheap', 3, 'ZZZ'), [400, 'invalid_request', 'currency']);
    assert.deepEqual(await place('cheap', 3, 'CHF'), [400, 'currency_mismatch', 'currency']);
  });
});
