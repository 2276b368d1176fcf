import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { statusLine } from '../../src/cli/output/status-line.ts';

describe('the status line of a command that takes long', () => {
  let now = 0;
  const open = (terminal: { isTTY?: true; columns?: number } = {}) => {
    const stream = Object.assign(new PassThrough(), terminal);
    const line = statusLine(stream, () => now);
    return { ...line, printed: () => String(stream.read() ?? '') };
  };

  it('that does not change is printed once, however often it is shown', () => {
    const line = open();
    for (let n = 0; n < 160; n += 1) {
      now += 500;
      line.show('checking 12 orders');
    }
    line.stop();
    assert.equal(line.printed(), 'checking 12 orders\n');
  });

  it('that changes is printed every 10 s', () => {
    const line = open();
    for (let n = 0; n <= 40; n += 1, now += 500) line.show(`checking ${n} orders`);
    assert.equal(line.printed(), 'checking 20 orders\nchecking 40 orders\n');
  });

  it('is printed at once for a new phase', () => {
    const line = open();
    line.show('the audit has started', 'start');
    line.show('checking 1 orders', 'orders');
    line.show('checking 2 orders', 'orders');
    line.show('checking 2 orders, 1 payments', 'orders,payments');
    assert.equal(line.printed(), 'the audit has started\nchecking 1 orders\nchecking 2 orders, 1 payments\n');
  });

  it('is rewritten on a terminal, in one line, and removed at the end', () => {
    const line = open({ isTTY: true, columns: 12 });
    line.show('checking 1');
    now += 100;
    line.show('checking 2 orders');
    line.stop();
    line.stop();
    const printed = line.printed();
    assert.equal(stripVTControlCharacters(printed), '\rchecking 1\rchecking 2 \r');
    assert.ok(printed.endsWith('\r\x1b[K'), 'nothing of it is left');
  });

  it('is rewritten ten times a second on a terminal, however often it is shown', () => {
    const line = open({ isTTY: true });
    for (let n = 0; n < 1_000; n += 1, now += 1) line.show(`orders: ${n}`);
    line.stop();
    assert.equal(line.printed().split('\r').length - 1, 11);
  });
});
