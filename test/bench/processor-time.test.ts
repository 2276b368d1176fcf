import assert from 'node:assert/strict';
import { busyTicks } from '../../bench/lib/other-load.ts';
import { parseStat, parseThreadStat, processTrees, treeTicks } from '../../bench/lib/processor-time.ts';

/** As in proc(5): pid (name) state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime cutime cstime … */
const stat = (name: string): string => `42 (${name}) S 7 1 1 0 -1 0 100 200 300 400 11 22 33 44 20 0 1 0 99`;

describe('The processor time of processes', () => {
  it('includes user and system time, and that of children that have ended', () => {
    assert.deepEqual(parseStat(stat('postgres')), { parent: 7, ticks: 110 });
    assert.equal(parseThreadStat(stat('postgres')), 33);
  });

  it('is read correctly where the name of a process contains parentheses and blanks', () => {
    assert.deepEqual(parseStat(stat('a) b (c')), { parent: 7, ticks: 110 });
  });

  it('is undefined where there is no line to read', () => {
    assert.equal(parseStat(''), undefined);
  });

  it('includes all descendants of a process, and no other process', () => {
    const table = new Map([
      [1, { parent: 0, ticks: 1000 }],
      [2, { parent: 1, ticks: 1 }],
      [3, { parent: 2, ticks: 10 }],
      [4, { parent: 3, ticks: 100 }],
    ]);
    assert.equal(treeTicks(table, 2), 111);
    assert.deepEqual(processTrees([2], table), [2, 3, 4]);
  });

  it('of the whole machine does not include idle time and waiting for the disk', () => {
    assert.equal(busyTicks('cpu  1 2 4 1000 2000 8 16 32 0 0\ncpu0 1 2 4 5 6 7 8 9 0 0\n'), 63);
  });
});
