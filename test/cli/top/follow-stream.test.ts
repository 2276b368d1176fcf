import assert from 'node:assert/strict';
import { followStream } from '../../../src/cli/top/follow-stream.ts';
import { ApiError } from '../../../harness/api/errors.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** One connection: what it sends, and then it stays silent until it is given up. */
const silentAfter = (text: string) => (signal: AbortSignal) =>
  Promise.resolve(
    (async function* () {
      yield bytes(text);
      signal.throwIfAborted();
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('given up'));
        });
      });
    })(),
  );

describe('a stream that does not end', () => {
  it('is opened again when its connection is open and silent, since the other side may be gone without a word', async () => {
    const ending = new AbortController();
    const seen: string[] = [];
    let opened = 0;
    let lost = 0;
    await followStream(
      (signal) => {
        opened += 1;
        return silentAfter(`data: ${opened}\n\n`)(signal);
      },
      {
        signal: ending.signal,
        silentAfterMs: 50,
        onMessage: ({ data }) => {
          seen.push(data);
          if (seen.length === 2) ending.abort();
        },
        onLost: () => (lost += 1),
      },
    );
    assert.deepEqual([seen, lost], [['1', '2'], 1]);
  });

  it('fails when it cannot be opened at first, and when the key is refused later', async () => {
    const options = {
      signal: new AbortController().signal,
      onMessage: () => undefined,
      onLost: () => undefined,
    };
    await assert.rejects(
      followStream(() => Promise.reject(new Error('nothing listens')), options),
      /nothing listens/,
    );
    let opened = 0;
    const refusedLater = (signal: AbortSignal) => {
      opened += 1;
      if (opened > 1) return Promise.reject(new ApiError(401, { code: 'unauthorized', detail: 'Refused.' }));
      return silentAfter('data: 1\n\n')(signal);
    };
    await assert.rejects(followStream(refusedLater, { ...options, silentAfterMs: 20 }), ApiError);
    assert.equal(opened, 2);
  });
});
