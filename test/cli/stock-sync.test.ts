import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API_KEY, openStage, type Stage } from '../support/api/app.ts';
import { invoke } from '../support/cli/invoke.ts';

const HEADER = 'source,sku,kind,quantity,sequence';

describe('checkout stock sync', function () {
  this.timeout(120_000);
  let stage: Stage;
  let origin: string;
  const folder = mkdtempSync(join(tmpdir(), 'stock-sync-'));

  before(async () => {
    stage = await openStage();
    await stage.app.listen({ port: 0, host: '127.0.0.1' });
    const [address] = stage.app.addresses();
    origin = `http://127.0.0.1:${typeof address === 'object' ? address.port : 0}`;
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await stage.close();
  });

  const checkout = (...args: string[]) => invoke(['stock', ...args, '--url', origin, '--api-key', API_KEY]);

  function file(name: string, ...lines: string[]): string {
    const path = join(folder, name);
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  }

  it('sends a file in several requests, counts the results, and changes nothing the second time', async () => {
    const skus = await Promise.all(Array.from({ length: 5 }, () => stage.shop.item(0)));
    const table = file('counts.csv', HEADER, ...skus.map((sku) => `wms,${sku},physical,7,1`));
    const first = await checkout('sync', table, '--batch', '2');
    assert.equal(first.exitCode, 0, first.err);
    assert.match(first.out, /applied {3}5\nstale {5}0\nconflict {2}0\nerror {5}0\n/);
    for (const sku of skus) assert.equal((await stage.shop.stock(sku)).available, 7);
    assert.match((await checkout('sync', table)).out, /applied {3}0\nstale {5}5\n/);
  });

  it('names the rows that were not applied by their places in the file, and exits with 1', async () => {
    const sku = await stage.shop.item(0);
    const row = { source: 'wms', sku, kind: 'physical', quantity: 1, sequence: 1 };
    const lines = file(
      'rows.ndjson',
      JSON.stringify(row),
      '{"sku":',
      JSON.stringify({ ...row, sku: 'no-such-item' }),
      JSON.stringify({ ...row, sequence: 2, compareQuantity: 5 }),
    );
    const { exitCode, out, err } = await checkout('sync', lines, '--batch', '1');
    assert.equal(exitCode, 1);
    assert.match(out, /row 2 {2}error {2}The body is not valid JSON/);
    assert.match(out, /row 3 {2}no-such-item {2}default {2}error {2}There is no item no-such-item/);
    assert.match(out, /row 4 .*conflict/);
    assert.match(err, /^Not applied: 3 rows of .*rows\.ndjson\./);
    const printed = await checkout('sync', lines, '--json');
    const results = printed.out
      .trim()
      .split('\n')
      .map((each) => JSON.parse(each) as { row: number; status: string });
    assert.deepEqual(results.map(({ row: position, status }) => `${position} ${status}`).sort(), [
      '1 stale',
      '2 error',
      '3 error',
      '4 conflict',
    ]);
  });

  it('says what is wrong with a file that it cannot read', async () => {
    const cases: [path: string, expected: RegExp][] = [
      [join(folder, 'none.csv'), /none\.csv cannot be read \(ENOENT\)/],
      [file('report.txt', HEADER), /--format: json, ndjson, csv/],
      [
        file('columns.csv', 'source,sku'),
        /columns\.csv cannot be read any further: kind is required as a column/,
      ],
      [
        file('broken.json', '[{"a":1}'),
        /broken\.json cannot be read any further: .*ends before the array does/,
      ],
    ];
    for (const [path, expected] of cases) {
      const { exitCode, err } = await checkout('sync', path);
      assert.equal(exitCode, 1);
      assert.match(err, expected);
    }
  });

  it('resets the sequences of a source', async () => {
    const sku = await stage.shop.item(0);
    const table = file('reset.csv', HEADER, `reset,${sku},physical,7,9`);
    await checkout('sync', table);
    assert.equal(
      (await checkout('reset-sequence', '--source', 'reset', '--sku', sku)).out,
      'Reset: 1 sequence of reset.\n',
    );
    assert.match((await checkout('sync', table)).out, /applied {3}1/);
  });
});
