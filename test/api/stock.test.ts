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

  it('is listed by what is wrong with it, in pages, and found by a part of its SKU or its title', async () => {
    const address = {
      name: 'B',
      line1: '1 Dock Rd',
      city: 'Hull',
      postalCode: 'HU1',
      country: 'GB',
      phone: '+44 1',
    };
    await stage.app.inject(
      sending('PUT', '/v1/locations/b', { name: 'B', priority: 9, active: true, address }),
    );
    const put = async (sku: string, counts: object, title = `Find ${sku}`): Promise<void> => {
      const answer = await stage.app.inject(
        sending('PUT', `/v1/stock/${sku}`, { ...item, title, ...counts }),
      );
      assert.equal(answer.statusCode, 200, answer.body);
    };
    await put('find-a', { onHand: 0 });
    await put('find-b', { onHand: 0, lowAt: 3 });
    await put('find-c', { onHand: 3, lowAt: 3 });
    await put('find-d', { onHand: 4, lowAt: 3 });
    // Nothing is left at one location, and enough at the other.
    await put('find-e', { onHand: 0, lowAt: 3 });
    await put('find-e', { onHand: 9, location: 'b' });
    await put('x-f', { onHand: 0 }, 'Found by its TITLE, 100 %');
    await put('find-g', { onHand: 2, lowAt: 1 });
    await stage.shop.pool.query(`update stock_levels set oversold = 1 where sku in ('find-g', 'find-b')`);
    const listed = async (query: string): Promise<string[]> => {
      const skus: string[] = [];
      let cursor = '';
      do {
        const answer = await stage.app.inject(getting(`/v1/stock?limit=1&${query}${cursor}`));
        assert.equal(answer.statusCode, 200, answer.body);
        const { data, nextCursor } = answer.json<{ data: StockItem[]; nextCursor?: string }>();
        skus.push(...data.map(({ sku }) => sku));
        cursor = nextCursor === undefined ? '' : `&cursor=${nextCursor}`;
      } while (cursor !== '');
      return skus;
    };
    assert.deepEqual(await listed('q=find-&state=oversold'), ['find-b', 'find-g']);
    assert.deepEqual(await listed('q=FIND-&state=out'), ['find-a']);
    assert.deepEqual(await listed('q=find-&state=low'), ['find-c', 'find-e']);
    assert.equal((await listed('q=find-')).length, 6);
    assert.deepEqual(await listed('q=by%20its%20title%2C%20100%20%25'), ['x-f']);
    assert.deepEqual(await listed('q=100%25'), [], 'a % is no wildcard');
    assert.deepEqual(await listed('q=f_nd'), [], 'an _ is no wildcard');
    const { code, errors } = (await stage.app.inject(getting('/v1/stock?state=in'))).json<ProblemView>();
    assert.deepEqual([code, errors?.[0]?.field], ['invalid_request', 'state']);
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
