import assert from 'node:assert/strict';
import { toMarkdown } from '../../bench/compare/publish.ts';
import { replaceBetween } from '../../bench/report/markdown.ts';
import { summary } from '../support/bench/summaries.ts';

describe('The document of the benchmark', () => {
  it('gets new tables between its markers, and keeps the text outside them', () => {
    const document = 'before\n<!-- bench:start -->\nold\n<!-- bench:end -->\nafter\n';
    const changed = replaceBetween(document, 'bench', 'new');
    assert.equal(changed, 'before\n<!-- bench:start -->\n\nnew\n\n<!-- bench:end -->\nafter\n');
    assert.equal(replaceBetween(changed, 'bench', 'new'), changed);
  });

  it('is not changed where it has no markers', () => {
    assert.throws(() => replaceBetween('nothing here', 'bench', 'new'), /bench:start/);
  });

  it('keeps the columns of a table whatever text a cell contains', () => {
    assert.ok(toMarkdown(summary({ processor: 'a|b' })).includes('machine: 2 cores (a|b)'));
    for (const row of toMarkdown(summary())
      .split('\n')
      .filter((line) => line.startsWith('| this checkout')))
      assert.match(row, /^\|.*\|$/);
  });
});
