import assert from 'node:assert/strict';
import { commandsFor, isAction, mayBeId, type Command } from '../../board/lib/palette.ts';
import { hrefOf, isSameFilter, parseRoute } from '../../board/lib/router.ts';
import { windowOf } from '../../board/lib/window.ts';

describe('the command palette', () => {
  const command = (text: string): Command => ({ id: text, kind: 'page', text, run: () => undefined });
  const all = [
    'Dead letters',
    'Orders',
    'Now',
    'Disputes',
    'Log',
    'In review',
    'Retry',
    'Stock',
    'Reorder',
  ].map(command);
  const found = (typed: string) => commandsFor(typed, all).map(({ text }) => text);

  it('has eight lines at most, the first ones before anything is typed', () => {
    assert.deepEqual(
      found(' '),
      all.slice(0, 8).map(({ text }) => text),
    );
  });

  it('has texts that begin with what was typed first, then those with such a word, then the others', () => {
    assert.deepEqual(found('order'), ['Orders', 'Reorder']);
    assert.deepEqual(found('re'), ['Retry', 'Reorder', 'In review']);
    assert.deepEqual(found('LETTERS dead'), ['Dead letters']);
    assert.deepEqual(found('nothing'), []);
  });

  it('has the actions on what is in focus, and neither moves nor keys without a name', () => {
    assert.equal(isAction({ keys: 'r', label: 'Retry' }), true);
    for (const keys of ['j', 'Enter', 'g o', '[']) assert.equal(isAction({ keys, label: 'x' }), false, keys);
    assert.equal(isAction({ keys: 'o', label: '' }), false);
  });

  it('asks the server for ids, and never for an address', () => {
    for (const typed of ['ord_kx028vne', 'pi_3Qm8x', 'mug-01']) assert.equal(mayBeId(typed), true, typed);
    for (const typed of ['ada@example.com', 'two words', 'ord']) assert.equal(mayBeId(typed), false, typed);
  });
});

describe('a long table', () => {
  const at = (scrolled: number, count = 10_000) =>
    windowOf({ count, rowHeight: 36, scrolled, viewHeight: 900 });

  it('renders the rows in view and some beyond, wherever it is scrolled to', () => {
    for (const scrolled of [-500, 0, 5_000, 100_000, 360_000]) {
      const { from, to } = at(scrolled);
      const first = Math.max(0, Math.floor(scrolled / 36));
      const last = Math.min(10_000, Math.ceil((scrolled + 900) / 36));
      assert.ok(from <= first && to >= last, `${scrolled}: ${from} to ${to}`);
      assert.ok(to - from <= 100);
    }
  });

  it('renders no row that there is not', () => {
    assert.deepEqual(at(1_000_000, 250).to, 250);
    assert.ok(at(1_000_000, 250).from < 250);
  });
});

describe('a filter of orders', () => {
  it('stands in the address, and is read from it', () => {
    const filter = { status: 'paid', holdEndsSoon: true, createdWithin: '14d', q: 'mug-01' };
    const href = hrefOf({ page: 'orders', filter });
    const { pathname, search } = new URL(href, 'http://board.example');
    assert.deepEqual(parseRoute(pathname, search), { page: 'orders', filter });
  });

  it('is the same in whatever sequence it was made', () => {
    assert.ok(isSameFilter({ status: 'paid', attention: true }, { attention: true, status: 'paid' }));
    assert.ok(!isSameFilter({ status: 'paid' }, {}));
  });
});
