import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Problem } from '../../src/contracts/errors.ts';
import { checkRow } from '../../src/stock/rows/check-row.ts';
import type { RawRow } from '../../src/stock/rows/raw-row.ts';
import { readRows } from '../../src/stock/rows/read-rows.ts';
import type { RowFormat } from '../../src/stock/rows/row-formats.ts';

const row = { source: 'wms', sku: 'mug-01', kind: 'physical', quantity: 7, sequence: 3 };

/** The bytes in pieces of any length, as a socket delivers them. */
async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function read(format: RowFormat, text: string, size = 7, maxBytes?: number): Promise<RawRow[]> {
  const rows: RawRow[] = [];
  for await (const each of readRows(inPieces(text, size), format, maxBytes)) rows.push(each);
  return rows;
}

const refused = (format: RowFormat, text: string, code: string, detail: RegExp) =>
  assert.rejects(read(format, text), (error) => {
    assert.ok(error instanceof Problem, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, detail);
    return true;
  });

const valuesOf = (rows: RawRow[]): unknown[] => rows.map(({ value }) => value);

describe('reading the rows of a stock report', () => {
  it('reads JSON, NDJSON and CSV, however the bytes are split', async () => {
    const texts: Record<RowFormat, string> = {
      json: ` [${JSON.stringify(row)}, ${JSON.stringify({ ...row, sku: 'a{"[],' })}]\n`,
      ndjson: `${JSON.stringify(row)}\r\n\n${JSON.stringify({ ...row, sku: 'a{"[],' })}`,
      csv: '\ufeffsku, kind,quantity,sequence,source,location\r\nmug-01,physical,7,3,wms,\r\n\r\n"a{""[],",physical,7,3,wms,\r\n',
    };
    for (const format of ['json', 'ndjson', 'csv'] as const)
      for (const size of [1, 2, 3, 10, 1_000]) {
        const rows = await read(format, texts[format], size);
        assert.deepEqual(valuesOf(rows), [row, { ...row, sku: 'a{"[],' }], `${format} in pieces of ${size}`);
        assert.deepEqual(
          rows.map(({ row: position }) => position),
          [1, 2],
        );
      }
  });

  it('splits any JSON array as JSON.parse does', async () => {
    const object = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
      fc.record<T>(model, { noNullPrototype: true });
    const text = fc.string().filter((each) => !/[\p{Cc}\p{Cs}]/u.test(each) && each !== '__proto__');
    const value = fc.array(object({ sku: text, source: fc.oneof(text, fc.array(object({ sku: text }))) }));
    await fc.assert(
      fc.asyncProperty(value, fc.integer({ min: 1, max: 20 }), async (rows, size) => {
        assert.deepEqual(valuesOf(await read('json', JSON.stringify(rows, null, 1), size)), rows);
      }),
    );
  });

  it('reads one object, and no rows', async () => {
    assert.deepEqual(valuesOf(await read('json', JSON.stringify(row))), [row]);
    for (const [format, text] of [
      ['json', '[]'],
      ['json', ' [ \n] '],
      ['ndjson', '\n'],
      ['csv', 'source,sku,kind,quantity,sequence'],
    ] as const)
      assert.deepEqual(await read(format, text), []);
  });

  it('names what is wrong with a row, and reads the others', async () => {
    const json = await read('json', `[{"sku":1 2}, ${JSON.stringify(row)}, {"a":1,"a":2}]`);
    assert.deepEqual(
      json.map(({ problem }) => problem?.code),
      ['invalid_json', undefined, 'invalid_request'],
    );
    const ndjson = await read('ndjson', `nonsense\n${JSON.stringify(row)}\n{"sku":`);
    assert.deepEqual(
      ndjson.map(({ problem }) => problem?.code),
      ['invalid_json', undefined, 'invalid_json'],
    );
    const csv = await read(
      'csv',
      'source,sku,kind,quantity,sequence\nwms,mug-01,physical,7\nwms,mug-01,physical,7,3',
    );
    assert.match(csv[0]?.problem?.message ?? '', /row has 4 values, and the header 5 columns/);
    assert.deepEqual(csv[1]?.value, row);
  });

  it('refuses what is not a report', async () => {
    await refused('json', '', 'invalid_json', /is empty/);
    await refused('json', '"text"', 'invalid_json', /must be an array or an object/);
    await refused('json', '[{}', 'invalid_json', /ends before the array does/);
    await refused('json', '[{},]', 'invalid_json', /comma without an element/);
    await refused('json', '[] []', 'invalid_json', /text after its end/);
    await refused('ndjson', `{"sku":"${'x'.repeat(9_000)}"}`, 'invalid_request', /Row 1 is longer than 8192/);
    await refused('json', `[{"sku":"${'x'.repeat(9_000)}"}]`, 'invalid_request', /Row 1 is longer than 8192/);
    await refused(
      'csv',
      `source,sku,kind,quantity,sequence\n"${'x'.repeat(9_000)}"`,
      'invalid_request',
      /row 1 is longer/,
    );
    await refused('csv', '', 'invalid_request', /no CSV header/);
    await refused('csv', 'source,sku,kind,quantity\n', 'invalid_request', /sequence is required as a column/);
    await refused(
      'csv',
      'source,sku,kind,quantity,sequence,colour\n',
      'invalid_request',
      /colour is not a column/,
    );
    await refused(
      'csv',
      'source,sku,sku,kind,quantity,sequence\n',
      'invalid_request',
      /sku is a column more than once/,
    );
    await refused(
      'csv',
      'source,sku,kind,quantity,sequence\nwms,"mug"01,physical,1,1',
      'invalid_request',
      /row 1 has a quote/,
    );
    await assert.rejects(read('ndjson', JSON.stringify(row), 7, 20), { code: 'body_too_large' });
  });

  it('refuses bytes that are not UTF-8', async () => {
    const bytes = async function* (): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(Buffer.from([0x5b, 0xff, 0x5d]));
    };
    for (const format of ['json', 'ndjson', 'csv'] as const)
      await assert.rejects(readRows(bytes(), format).next(), { code: 'invalid_json' });
  });
});

describe('checking a row of a stock report', () => {
  const fieldOf = (changes: object): string | undefined => {
    const checked = checkRow({ ...row, ...changes });
    return Array.isArray(checked) ? checked[0]?.field : undefined;
  };

  it('fills in the location, and converts the time', () => {
    assert.deepEqual(checkRow(row), { ...row, location: 'default' });
    const local = { ...row, location: 'east', asOf: '2026-11-27T12:00:00+02:00' };
    assert.deepEqual(checkRow(local), { ...local, asOf: '2026-11-27T10:00:00.000Z' });
  });

  it('names the field that is not valid', () => {
    assert.equal(fieldOf({ quantity: '7' }), 'quantity');
    assert.equal(fieldOf({ quantity: 1.5 }), 'quantity');
    assert.equal(fieldOf({ quantity: -1 }), 'quantity');
    assert.equal(fieldOf({ quantity: -1, kind: 'delta' }), undefined);
    assert.equal(fieldOf({ quantity: 1_000_000_001 }), 'quantity');
    assert.equal(fieldOf({ kind: 'count' }), 'kind');
    assert.equal(fieldOf({ sku: 'a b' }), 'sku');
    assert.equal(fieldOf({ source: '' }), 'source');
    assert.equal(fieldOf({ sequence: -1 }), 'sequence');
    assert.equal(fieldOf({ sequence: undefined }), 'sequence');
    assert.equal(fieldOf({ colour: 'red' }), 'colour');
    assert.equal(fieldOf({ asOf: 'yesterday' }), 'asOf');
    assert.equal(fieldOf({ asOf: '0000-01-01T00:00:00Z' }), 'asOf');
    assert.equal(fieldOf({ asOf: new Date(Date.now() + 600_000).toISOString() }), 'asOf');
    assert.equal(
      fieldOf({ asOf: new Date(Date.now() + 60_000).toISOString() }),
      undefined,
      'clocks differ a little',
    );
    assert.ok(Array.isArray(checkRow([row])));
  });
});
