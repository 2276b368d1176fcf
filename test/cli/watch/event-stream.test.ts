import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readEventStream, type StreamMessage } from '../../../harness/api/event-stream.ts';

async function read(chunks: Iterable<Uint8Array>): Promise<StreamMessage[]> {
  async function* body(): AsyncGenerator<Uint8Array> {
    await Promise.resolve();
    yield* chunks;
  }
  const messages: StreamMessage[] = [];
  for await (const message of readEventStream(body())) messages.push(message);
  return messages;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const STREAM =
  ': hello\n\nid: 1\nevent: paid\ndata: {"a":"ü€"}\n\ndata: one\ndata:two\n\nid: 2\n\ndata: cut off';
const MESSAGES: StreamMessage[] = [
  { id: '1', event: 'paid', data: '{"a":"ü€"}' },
  { id: '1', event: 'message', data: 'one\ntwo' },
];

describe('an event stream', () => {
  it('is read the same for all chunk sizes and line ends', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        async (newline, sizes) => {
          const whole = bytes(STREAM.replaceAll('\n', newline));
          const chunks: Uint8Array[] = [];
          for (let at = 0, turn = 0; at < whole.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            chunks.push(whole.subarray(at, at + size));
            at += size;
          }
          assert.deepEqual(await read(chunks), MESSAGES);
        },
      ),
    );
  });

  it('drops a message that the end of the stream cuts off', async () => {
    assert.deepEqual(await read([bytes('data: {"half"')]), []);
    assert.deepEqual(await read([bytes('data: {}\n')]), []);
  });
});
