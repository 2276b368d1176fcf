import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type {
  StockSyncReport,
  StockSyncResult,
  StockSyncRow,
  SyncCounts,
} from '../../src/contracts/http/stock-sync.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { authorized, problemOf, sending } from '../support/api/requests.ts';

const NDJSON = 'application/x-ndjson';
const HEADER = 'source,sku,kind,quantity,sequence';

describe('POST /v1/stock/sync', function () {
  this.timeout(120_000);
  let stage: Stage;
  let origin: string;
  let sequence = 0;

  before(async () => {
    stage = await openStage();
    await stage.app.listen({ port: 0, host: '127.0.0.1' });
    const [address] = stage.app.addresses();
    origin = `http://127.0.0.1:${typeof address === 'object' ? address.port : 0}`;
  });
  after(() => stage.close());

  const row = (sku: string, changes: Partial<StockSyncRow> = {}): StockSyncRow => ({
    source: 'wms',
    sku,
    kind: 'physical',
    quantity: 5,
    sequence: ++sequence,
    ...changes,
  });

  const sync = (payload: string, contentType = 'application/json', accept = 'application/json') =>
    stage.app.inject(sending('POST', '/v1/stock/sync', payload, { 'content-type': contentType, accept }));

  const readLines = (lines: string): StockSyncResult[] =>
    lines
      .trim()
      .split('\n')
      .map((each) => JSON.parse(each) as StockSyncResult);

  async function write(sent: ClientRequest, chunk: string): Promise<void> {
    if (!sent.write(chunk)) await once(sent, 'drain');
  }

  const countsOf = (changes: Partial<SyncCounts>): SyncCounts => ({
    applied: 0,
    stale: 0,
    conflict: 0,
    error: 0,
    ...changes,
  });

  it('takes one row or several as JSON, and answers each', async () => {
    const sku = await stage.shop.item(1);
    const one = row(sku);
    const first = await sync(JSON.stringify(one));
    assert.equal(first.statusCode, 200);
    const result = {
      row: 1,
      sku,
      location: 'default',
      status: 'applied',
      onHand: 5,
      available: 5,
      oversold: 0,
    };
    assert.deepEqual(first.json(), { data: [result], counts: countsOf({ applied: 1 }) });

    const several = [
      one,
      row(sku, { quantity: 9, compareQuantity: 4 }),
      row('no-such-item'),
      row(sku, { quantity: 8 }),
    ];
    const { data, counts } = (await sync(JSON.stringify(several))).json<StockSyncReport>();
    assert.deepEqual(
      data.map(({ status }) => status),
      ['stale', 'conflict', 'error', 'applied'],
    );
    assert.deepEqual(counts, { applied: 1, stale: 1, conflict: 1, error: 1 });
    assert.match(data[0]?.message ?? '', /Sequence \d+ of wms was applied before/);
    assert.match(data[1]?.message ?? '', /onHand is 5, and compareQuantity 4/);
    assert.deepEqual(data[2]?.errors, [{ field: 'sku', message: 'is not in the catalogue' }]);
    assert.equal((await stage.shop.stock(sku)).available, 8);
  });

  it('takes NDJSON and CSV, and names the row and the field that are not valid', async () => {
    const sku = await stage.shop.item(1);
    const lines = [
      JSON.stringify(row(sku)),
      '{"sku":',
      JSON.stringify({ ...row(sku), quantity: 'many' }),
    ].join('\n');
    const ndjson = (await sync(lines, NDJSON)).json<StockSyncReport>().data;
    assert.deepEqual(
      ndjson.map(({ row: position, status, errors }) => [position, status, errors?.[0]?.field]),
      [
        [1, 'applied', undefined],
        [2, 'error', 'body'],
        [3, 'error', 'quantity'],
      ],
    );
    const table = [
      HEADER,
      `wms,${sku},physical,6,${++sequence}`,
      `wms,${sku},physical,6.5,${++sequence}`,
      `wms,${sku}`,
    ].join('\n');
    const csv = (await sync(table, 'text/csv; charset=utf-8; header=present')).json<StockSyncReport>().data;
    assert.deepEqual(
      csv.map(({ row: position, status, errors }) => [position, status, errors?.[0]?.field]),
      [
        [1, 'applied', undefined],
        [2, 'error', 'quantity'],
        [3, 'error', 'row'],
      ],
    );
  });

  it('answers in NDJSON where the client prefers it', async () => {
    const sku = await stage.shop.item(1);
    const payload = JSON.stringify([row(sku), row('no-such-item')]);
    const answer = await sync(payload, 'application/json', NDJSON);
    assert.match(String(answer.headers['content-type']), /^application\/x-ndjson/);
    assert.deepEqual(
      readLines(answer.body).map(({ row: position, status }) => [position, status]),
      [
        [1, 'applied'],
        [2, 'error'],
      ],
    );
    for (const accept of ['*/*', 'application/json', `${NDJSON};q=0.5, application/json`])
      assert.match(
        String((await sync('[]', 'application/json', accept)).headers['content-type']),
        /^application\/json/,
      );
  });

  it('the same file again changes nothing', async () => {
    const skus = await Promise.all(Array.from({ length: 3 }, () => stage.shop.item(1)));
    const table = [HEADER, ...skus.map((sku) => `wms,${sku},delta,4,${++sequence}`)].join('\n');
    assert.deepEqual(
      (await sync(table, 'text/csv')).json<StockSyncReport>().counts,
      countsOf({ applied: 3 }),
    );
    assert.deepEqual((await sync(table, 'text/csv')).json<StockSyncReport>().counts, countsOf({ stale: 3 }));
    for (const sku of skus) assert.equal((await stage.shop.stock(sku)).available, 5);
  });

  it('an EAN that has the digits of a card number is an SKU like any other', async () => {
    const sku = '4242424242424242';
    const item = { title: 'Tea', unitPrice: 100, currency: 'EUR', onHand: 1 };
    await stage.shop.catalogue.put(sku, item);
    const { counts } = (await sync(JSON.stringify([row(sku)]))).json<StockSyncReport>();
    assert.deepEqual(counts, countsOf({ applied: 1 }));
  });

  it('refuses what it cannot read, and changes nothing', async () => {
    const codeOf = async (...args: Parameters<typeof sync>) => {
      const answer = await sync(...args);
      return [answer.statusCode, problemOf(answer).code, problemOf(answer).errors?.[0]?.field];
    };
    assert.deepEqual(await codeOf('nonsense'), [400, 'invalid_json', 'body']);
    assert.deepEqual(await codeOf('', 'application/yaml'), [415, 'unsupported_media_type', 'Content-Type']);
    assert.deepEqual(await codeOf(HEADER, 'text/csv; charset=iso-8859-1'), [
      415,
      'unsupported_media_type',
      'Content-Type',
    ]);
    assert.deepEqual(await codeOf(`${HEADER},colour`, 'text/csv'), [400, 'invalid_request', 'colour']);
    assert.deepEqual(await codeOf('"a"b\n', 'text/csv'), [400, 'invalid_request', 'the header']);
    const compressed = await stage.app.inject(
      sending('POST', '/v1/stock/sync', '[]', { 'content-encoding': 'gzip' }),
    );
    assert.deepEqual(
      [compressed.statusCode, problemOf(compressed).errors?.[0]?.field],
      [415, 'Content-Encoding'],
    );
    const unknown = await stage.app.inject({ method: 'POST', url: '/v1/stock/sync', payload: '[]' });
    assert.equal(unknown.statusCode, 401);
  });

  it('applies and answers rows while the client still sends, and to a client that reads only when it has sent all', async () => {
    const headers = { ...authorized, 'content-type': NDJSON, accept: NDJSON };
    const sent = request(`${origin}/v1/stock/sync`, { method: 'POST', headers });
    for (let rows = 0; rows < 500; rows += 1) sent.write(`${JSON.stringify(row(`unknown-${rows}`))}\n`);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    await once(response, 'readable');
    let received = String(response.read());
    assert.match(received, /"row":1,.*"status":"error"/, 'while the request is open');

    // Nobody reads the answer until everything is sent: far more of both than the buffers of a socket have room for.
    const unknown = Object.fromEntries(
      Array.from({ length: 5 }, (_, index) => [`${index}${'x'.repeat(60)}`, 1]),
    );
    const line = `${JSON.stringify({ ...row('mug-01'), ...unknown })}${' '.repeat(1_000)}\n`;
    for (let rows = 500; rows < 10_000; rows += 100) await write(sent, line.repeat(100));
    sent.end();
    await once(sent, 'finish');
    for await (const chunk of response) received += String(chunk);
    const results = readLines(received);
    assert.equal(results.length, 10_000);
    assert.deepEqual(
      results.map(({ row: position }) => position),
      results.map((_, index) => index + 1),
    );
  });

  it('answers a request of too many rows completely, reads the rest of it, and keeps the connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<unknown>();
    for (let time = 0; time < 2; time += 1) {
      const headers = { ...authorized, 'content-type': NDJSON, accept: NDJSON };
      const sent = request(`${origin}/v1/stock/sync`, { method: 'POST', headers, agent });
      const answered = once(sent, 'response').then(async ([response]) => text(response as IncomingMessage));
      const thousand = Array.from(
        { length: 1_000 },
        (_, index) => `${JSON.stringify(row(`unknown-${index}`))}\n`,
      );
      for (let rows = 0; rows < 50_000; rows += thousand.length) await write(sent, thousand.join(''));
      sent.end();
      const results = readLines(await answered);
      assert.equal(results.length, 10_001);
      assert.match(results.at(-1)?.message ?? '', /takes 10000 rows/);
      sockets.add(sent.socket);
    }
    assert.equal(sockets.size, 1);
    agent.destroy();
  });

  it('resets sequences by source, location and item', async () => {
    const sku = await stage.shop.item(1);
    const sent = JSON.stringify(row(sku, { source: 'old-wms', sequence: 900 }));
    await sync(sent);
    const reset = (query: string) => stage.app.inject(sending('DELETE', `/v1/stock/sequences?${query}`));
    assert.deepEqual((await reset(`source=old-wms&location=default&sku=${sku}`)).json(), { reset: 1 });
    assert.deepEqual((await reset('source=old-wms')).json(), { reset: 0 });
    assert.equal((await sync(sent)).json<StockSyncReport>().counts.applied, 1);
    for (const query of ['', 'location=default']) {
      const refused = await reset(query);
      assert.deepEqual([refused.statusCode, problemOf(refused).errors?.[0]?.field], [400, 'source']);
    }
  });

  it('refuses a sequence beyond the microseconds of the year 2200, and forgets a wrong one of an item', async () => {
    const sku = await stage.shop.item(1);
    const last = Date.parse('2200-01-01') * 1_000;
    for (const sequence of [last + 1, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER]) {
      const refused = await sync(JSON.stringify(row(sku, { sequence })));
      assert.deepEqual(refused.json<StockSyncReport>().data[0]?.errors?.[0]?.field, 'sequence');
    }
    assert.equal((await sync(JSON.stringify(row(sku, { sequence: last })))).statusCode, 200);
    const put = (sequence: number) => {
      const item = { title: 'Mug', unitPrice: 1_000, currency: 'EUR', onHand: 5, sequence };
      return stage.app.inject(sending('PUT', `/v1/stock/${sku}`, item));
    };
    assert.equal((await put(last + 1)).statusCode, 400);
    assert.equal((await put(last)).json<{ applied: boolean }>().applied, true);
    assert.equal((await put(1)).json<{ applied: boolean }>().applied, false);
    const reset = await stage.app.inject(sending('DELETE', `/v1/stock/sequences?sku=${sku}`));
    assert.deepEqual(reset.json(), { reset: 1 });
    assert.equal((await put(1)).json<{ applied: boolean }>().applied, true);
  });
});
