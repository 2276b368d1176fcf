import assert from 'node:assert/strict';
import {
  nextLive,
  pauseAfter,
  STALE_AFTER_MS,
  startLive,
  type LiveInput,
} from '../../board/lib/live-feed.ts';
import { SseParser } from '../../board/lib/sse-parser.ts';

const after = (...inputs: [number, LiveInput['type'] | number][]) =>
  inputs.reduce(
    (state, [at, input]) =>
      nextLive(
        state,
        typeof input === 'number' ? { type: 'refused', status: input } : ({ type: input } as LiveInput),
        at,
      ),
    startLive(0),
  );

describe('the live feed', () => {
  it('is stale ten seconds after the last message, and no more with the next', () => {
    assert.equal(after([100, 'opened'], [200, 'message'], [200 + STALE_AFTER_MS - 1, 'tick']).stale, false);
    const lost = after([100, 'opened'], [200, 'message'], [200 + STALE_AFTER_MS, 'tick']);
    assert.equal(lost.stale, true);
    assert.equal(lost.lastMessageAt, 200);
    assert.equal(nextLive(lost, { type: 'message' }, 20_000).stale, false);
  });

  it('is stale when nothing has ever come', () => {
    assert.equal(after([STALE_AFTER_MS, 'tick']).stale, true);
  });

  it('is opened again after 1 s, 2 s, 4 s … 30 s, and a message starts that anew', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 50].map(pauseAfter),
      [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000],
    );
    const lost = after([0, 'opened'], [10, 'closed']);
    assert.equal(lost.connection, 'waiting');
    assert.equal(nextLive(lost, { type: 'tick' }, 1_009).connection, 'waiting');
    const again = nextLive(lost, { type: 'tick' }, 1_010);
    assert.equal(again.connection, 'connecting');
    assert.equal(nextLive(again, { type: 'closed' }, 2_000).retryAt, 4_000);
    assert.equal(nextLive(again, { type: 'message' }, 2_000).failures, 0);
  });

  it('is tried again after a failure of the server, and not after a refusal', () => {
    assert.equal(after([10, 503]).connection, 'waiting');
    for (const [status, connection] of [
      [401, 'signed-out'],
      [403, 'denied'],
    ] as const) {
      const refused = after([10, status]);
      assert.equal(refused.connection, connection);
      assert.equal(nextLive(refused, { type: 'tick' }, 1_000_000).connection, connection);
      assert.equal(nextLive(refused, { type: 'closed' }, 20).connection, connection);
      assert.equal(nextLive(refused, { type: 'signed-in' }, 20).connection, 'connecting');
    }
  });
});

describe('server-sent events', () => {
  const text = ': hello\n\nid: 7\nevent: stats\ndata: {"a":\ndata: 1}\n\nretry: 1000\ndata:x\r\n\r\n';
  const expected = [
    { id: '7', event: 'stats', data: '{"a":\n1}' },
    { id: '7', event: 'message', data: 'x' },
  ];

  it('are read whole, with their name, id and all lines of their data', () => {
    assert.deepEqual(new SseParser().push(text), expected);
  });

  it('are the same however the stream is cut', () => {
    for (let cut = 1; cut < text.length; cut += 1) {
      const parser = new SseParser();
      assert.deepEqual(
        [...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))],
        expected,
        String(cut),
      );
    }
    const parser = new SseParser();
    assert.deepEqual(
      text.split('').flatMap((character) => parser.push(character)),
      expected,
    );
  });
});
