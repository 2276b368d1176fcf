import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { drawTop } from '../../../src/cli/top/picture.ts';
import type { Shown } from '../../../src/cli/top/shown.ts';
import type { Output } from '../../../src/cli/output/terminal.ts';
import { wellStats } from '../../support/cli/live-figures.ts';

const NOW = Date.parse('2026-11-28T14:02:11Z');
const plain = new PassThrough();

const shown = (changes: Partial<Shown> = {}): Shown => ({
  stats: wellStats(),
  queues: [
    { name: 'attention', group: 'need_you', count: 14, oldestAt: '2026-11-28T11:48:00Z' },
    { name: 'disputes', group: 'need_you', count: 2, atLeast: true, dueAt: '2026-11-29T14:02:11Z' },
    { name: 'review', group: 'need_you', count: 0 },
    { name: 'holds', group: 'watch', count: 9 },
  ],
  at: NOW,
  checks: { postgres: 'ok', temporal: 'ok' },
  orders: Array.from({ length: 50 }, (_, index) => ({
    orderId: `ord_01J8Z3V7Q4T6N5M2K1H0G9${String(index).padStart(4, '0')}`,
    status: 'paid' as const,
    total: 2_400,
    currency: 'EUR',
    updatedAt: '2026-11-28T14:02:10Z',
  })),
  rates: [
    { at: NOW - 1_500_000, placed: 5, decided: 4 },
    { at: NOW - 600_000, placed: 40, decided: 41 },
    { at: NOW, placed: 20, decided: 20 },
  ],
  lost: undefined,
  ...changes,
});
const draw = (columns: number, rows: number, changes: Partial<Shown> = {}, stream: Output = plain) =>
  drawTop(stream, shown(changes), { columns, rows }, NOW, 'q quits');

describe('the picture of checkout top', () => {
  it('says first what an operator could say aloud', () => {
    const [sentence, remark] = draw(100, 40).split('\n');
    assert.equal(sentence, 'Selling normally. 16+ things need you, the oldest for 2 h 14 min.');
    assert.match(remark ?? '', /^Nothing is behind\. +● live, \d\d:\d\d:\d\d$/);
  });

  it('says what is paused', () => {
    const [sentence] = draw(100, 40, { brakes: [{ kind: 'intake', target: 'all' }] }).split('\n');
    assert.match(sentence ?? '', /^All new orders are paused\. /);
  });

  it('has health, figures, stages, what needs somebody, the last half hour and the newest orders', () => {
    const text = draw(120, 50);
    for (const part of [
      /● Payments 251 ms p50 {3}● PostgreSQL feed 0 ms behind/,
      /Orders a second +Paid, of those decided +From request to outcome +Without an outcome/,
      /41\.8 +90% +251 ms p50 +7/,
      /Reserve +█+▓*░* +12 ms +45 ms/,
      / {4}14 {2}Attention +2 h 14 min\n/,
      / {4}2\+ {2}Disputes +due in 1 d\n/,
      /9 mend themselves/,
      /Placed +▁+█+▄ +20\/s/,
      // In the zone of the machine.
      /\d\d:\d\d:10 +ord_01J8\S+ +24\.00 EUR {2}paid/,
      /\nq quits$/,
    ])
      assert.match(text, part);
    assert.doesNotMatch(text, /Review/, 'an empty queue');
    assert.doesNotMatch(text, /Holds/, 'what mends itself');
  });

  for (const [columns, rows] of [
    [80, 24],
    [200, 60],
    [60, 40],
    [40, 20],
    [20, 5],
  ] as const)
    it(`fits ${columns} × ${rows}`, () => {
      const stats = wellStats({
        relay: ['kafka', 'rabbitmq', 'zeromq', 'webhooks', 'fulfilment'].map((destination) => ({
          destination,
          behind: 3,
          lagMs: 7_000,
        })),
      });
      const lines = draw(columns, rows, { stats, checks: { postgres: 'unreachable' } }).split('\n');
      assert.ok(lines.length <= rows, `${lines.length} lines`);
      for (const line of lines) assert.ok(line.length <= columns, line);
    });

  it('shows orders at 80 × 24, and more of them where there is room', () => {
    const ordersIn = (rows: number) => draw(80, rows).match(/ord_/g)?.length ?? 0;
    assert.ok(ordersIn(24) >= 2);
    assert.ok(ordersIn(60) > 20);
  });

  it('says what is down, by shape and by word', () => {
    const text = draw(100, 40, { checks: { postgres: 'unreachable', temporal: 'ok' } });
    assert.match(text, /^PostgreSQL cannot be reached\./);
    assert.match(text, /■ PostgreSQL cannot be reached/);
  });

  it('says that the feed is lost, and how old the figures are', () => {
    const lost = { at: NOW - 4_000, reason: 'ECONNREFUSED' };
    assert.match(
      draw(100, 40, { lost, at: NOW - 12_000 }),
      /▲ feed lost, figures 12 s old, connecting again/,
    );
  });

  it('has no colour but where the stream is a terminal that wants it', () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true, hasColors: () => true });
    const uncoloured = draw(100, 40);
    const { NO_COLOR, FORCE_COLOR } = process.env;
    delete process.env['NO_COLOR'];
    process.env['FORCE_COLOR'] = '1';
    try {
      // FORCE_COLOR holds for every stream.
      const coloured = draw(100, 40, {}, terminal);
      assert.ok(coloured.includes('\x1b['));
      assert.equal(stripVTControlCharacters(coloured), uncoloured);
    } finally {
      restore('NO_COLOR', NO_COLOR);
      restore('FORCE_COLOR', FORCE_COLOR);
    }
    assert.ok(!uncoloured.includes('\x1b['));
  });

  it('says what an empty shop can do, and what a key may not read', () => {
    assert.match(draw(100, 40, { orders: [], rates: [] }), /No orders yet\. Place one: checkout place/);
    assert.match(draw(100, 40, { orders: undefined }), /the scope orders:read/);
    assert.match(draw(100, 40, { queues: [] }), /Nothing needs you\.\n/);
  });
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name);
  else process.env[name] = value;
}
