import assert from 'node:assert/strict';
import { replaceBetween, toMarkdown } from '../../bench/report/markdown.ts';
import { summary } from '../support/bench/summaries.ts';

describe('The document', () => {
  it('gets a new table between its marks, and keeps what was written by hand', () => {
    const document = 'before\n<!-- bench:start -->\nold\n<!-- bench:end -->\nafter\n';
    const changed = replaceBetween(document, 'bench', 'new');
    assert.equal(changed, 'before\n<!-- bench:start -->\n\nnew\n\n<!-- bench:end -->\nafter\n');
    assert.equal(replaceBetween(changed, 'bench', 'new'), changed);
  });

  it('is left alone where the marks are missing', () => {
    assert.throws(() => replaceBetween('nothing here', 'bench', 'new'), /bench:start/);
  });

  it('keeps a table whole whatever stands in a cell', () => {
    assert.ok(toMarkdown(summary({ processor: 'a|b' })).includes('machine: 2 cores (a|b)'));
    for (const row of toMarkdown(summary())
      .split('\n')
      .filter((line) => line.startsWith('| this checkout')))
      assert.match(row, /^\|.*\|$/);
  });
});
