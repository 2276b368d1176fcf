import assert from 'node:assert/strict';
import { batchItemsCsv } from '../../src/api/lib/batch-items-csv.ts';
import { csvRow } from '../../src/api/lib/csv.ts';

describe('a row of CSV', () => {
  it('quotes what would end a cell or a row', () => {
    assert.equal(
      csvRow(['a,b', 'say "x"', 'two\nlines', 'plain']),
      '"a,b","say ""x""","two\nlines",plain\r\n',
    );
  });

  it('has numbers as they are, also negative ones, and nothing for what is absent', () => {
    assert.equal(csvRow([-5, 0, null, undefined, '']), '-5,0,,,\r\n');
  });

  it('begins no text so that a spreadsheet takes it for a formula', () => {
    for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', ' =1', '\t=1', '\r=1', '＝1'])
      assert.match(csvRow([text]), /^"?'/, JSON.stringify(text));
    assert.equal(csvRow(['a=1', '12.00']), 'a=1,12.00\r\n');
  });

  it('is so in the file of a batch too, whose details other programs have written', () => {
    const item = { number: 1, orderId: 'ord_1', outcome: 'failed' as const, mails: 0 };
    const [, row] = batchItemsCsv([{ ...item, detail: '=HYPERLINK("x"), a' }]).split('\r\n');
    assert.equal(row, `1,ord_1,failed,,"'=HYPERLINK(""x""), a",,,,,,0,`);
  });
});
