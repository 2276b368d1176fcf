import assert from 'node:assert/strict';
import { preferredWait } from '../../src/api/lib/prefer.ts';
import { windowSeconds } from '../../src/contracts/window.ts';

describe('Prefer: wait', () => {
  for (const [header, seconds] of [
    ['wait=10', 10],
    ['respond-async, wait=10', 10],
    ['Wait = 10', 10],
    ['wait="10"', 10],
    ['wait=10; foo=bar', 10],
    ['wait=10, wait=20', 10],
    ['return=representation;x="wait=5", wait=7', 7],
    ['handling="a, wait=9", wait=3', 3],
    ['wait=600', 60],
    ['wait=0', 0],
    ['wait=-1', 0],
    ['wait=1.5', 0],
    ['wait=abc', 0],
    ['wait', 0],
    ['await=5', 0],
    ['', 0],
    [undefined, 0],
    [['respond-async', 'wait=4'], 4],
  ] as const) {
    it(`of ${JSON.stringify(header)} waits ${seconds} s`, () => {
      assert.equal(preferredWait(typeof header === 'object' ? [...header] : header), seconds);
    });
  }
});

describe('a window', () => {
  it('is read in seconds, minutes, hours and days', () => {
    assert.deepEqual(['30s', '5m', '1h', '1d'].map(windowSeconds), [30, 300, 3_600, 86_400]);
  });
});
