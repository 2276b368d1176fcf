import assert from 'node:assert/strict';
import type { ProblemView } from '../../src/contracts/errors.ts';
import type { StockItem } from '../../src/contracts/http/stock.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { getting, sending } from '../support/api/requests.ts';

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
});
