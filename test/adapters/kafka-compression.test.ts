import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { createRecordsBatch, Reader, readRecordsBatches, type MessageRecord } from '@platformatic/kafka';
import {
  gunzip,
  MAX_BATCH_BYTES,
  requireLz4Size,
  requireSnappySize,
  unzstdInJavaScript,
} from '../../src/adapters/kafka/bounded-decompression.ts';
import { prepareDecompression } from '../../src/adapters/kafka/compression.ts';
import { toInbound, type KafkaMessage } from '../../src/adapters/kafka/inbound.ts';
import { UNREADABLE_BATCH_TYPE } from '../../src/contracts/ports/broker.ts';
import { times } from '../support/script-lines.ts';

const values = [0, 1, 2].map((n) => `{"order":${n},"note":"${'mug '.repeat(20)}"}`);

/** The records of these values, compressed with the libraries that librdkafka uses, and in blocks as by the Java client. */
const COMPRESSED = {
  gzip: 'H4sIAAAAAAACA7vByMDAwHiKsVopvygltUjJykBHKS+/JFXJSim3NF2BmlipluEG0DYmZNsMaW0bC7JtRrS0DQCsiWaFSgEAAA==',
  snappy: 'ygJ42AEAAAABygF7Im9yZGVyIjowLCJub3RlIjoibXVnIP4EAC4EAAgifQABbgQCAR1uADH+bgB+bgAABC5uAAAy/m4Abm4A',
  'snappy in blocks':
    'glNOQVBQWQAAAAABAAAAAQAAACZkeNgBAAAAAcoBeyJvcmRlciI6MCwibm90ZSI6Im11ZyD+BAAFBAAAACxkkHVnIG11ZyAifQDYAQAAAgHKAXsib3JkZXIiOjEsIm5vdGUiOiIBIuoEAAAAAC5kDCBtdWcyBAB0In0A2AEAAAQBygF7Im9yZGVyIjoyLCJub3RlIjoiPi4AkhAAAAAADR4MdWcgbVoEAAgifQA=',
  lz4: 'BCJNGGhASgEAAAAAAADKQgAAAP8Q2AEAAAABygF7Im9yZGVyIjowLCJub3RlIjoibXVnIAQAOTAifQBuABgCbgAfMW4ATRgEbgAfMm4ARFBnICJ9AAAAAAA=',
  zstd: 'KLUv/WBKAN0BAKQC2AEAAAABygF7Im9yZGVyIjowLCJub3RlIjoibXVnICJ9ANgBAAACMQQyBQAJJgHcNUwsDlw8R10e',
};
type Codec = keyof typeof COMPRESSED;
const CODES: Record<Codec, number> = { gzip: 1, snappy: 2, 'snappy in blocks': 2, lz4: 3, zstd: 4 };

const HEADER_BYTES = 61;
const LENGTH_AT = 8;
const LENGTH_END = 12;
const ATTRIBUTES_AT = 21;

/** The batch of these values as Kafka delivers it. */
function batchOf(code: number, records: Buffer): Buffer {
  const messages: MessageRecord[] = values.map((value) => ({ topic: 't', value: Buffer.from(value) }));
  const plain = createRecordsBatch(messages, { compression: 'none' }).dynamicBuffer.buffer;
  const batch = Buffer.concat([plain.subarray(0, HEADER_BYTES), records]);
  batch.writeInt32BE(batch.length - LENGTH_END, LENGTH_AT);
  batch.writeInt16BE(code, ATTRIBUTES_AT);
  return batch;
}

const read = (...batches: Buffer[]) => readRecordsBatches(Reader.from(Buffer.concat(batches)));
const textsOf = ({ records }: ReturnType<typeof read>[number]): string[] =>
  records.map(({ value }) => String(value));

describe('a batch of Kafka', () => {
  before(() => {
    prepareDecompression();
    prepareDecompression();
  });

  for (const [codec, records] of Object.entries(COMPRESSED) as [Codec, string][]) {
    const batch = batchOf(CODES[codec], Buffer.from(records, 'base64'));

    it(`is read if it is compressed with ${codec}`, () => {
      const [first, second, ...others] = read(batch, batch);
      assert(first && second);
      assert.deepEqual([textsOf(first), textsOf(second), others], [values, values, []]);
    });

    it(`becomes one message that says so if its ${codec} cannot be read, and the next batch is read`, () => {
      const broken = Buffer.from(records, 'base64').fill(0xff, 2, 40);
      const [unreadable, next] = read(batchOf(CODES[codec], broken), batch);
      assert(unreadable && next);
      assert.deepEqual([unreadable.firstOffset, unreadable.lastOffsetDelta], [0n, 2]);
      assert.deepEqual(new Set(unreadable.records.map(({ offsetDelta }) => offsetDelta)), new Set([0]));
      for (const { value, headers } of unreadable.records) {
        assert.deepEqual(value, broken);
        const { contentType, body } = toInbound(message(new Map(headers as [Buffer, Buffer][]), value));
        assert.deepEqual([contentType, body], [UNREADABLE_BATCH_TYPE, broken]);
      }
      assert.deepEqual(textsOf(next), values);
    });
  }
});

describe('a batch of Kafka that is far larger when it is decompressed', () => {
  const MEBIBYTE = 1024 * 1024;
  /** Blocks of zstd that repeat one byte 128 KiB times. */
  function zstdOf(bytes: number): Buffer {
    const [blockBytes, window] = [128 * 1024, 0x38];
    const count = Math.ceil(bytes / blockBytes);
    const block = (last: boolean) => {
      const header = Buffer.alloc(4);
      header.writeUIntLE((blockBytes << 3) | (1 << 1) | (last ? 1 : 0), 0, 3);
      return header;
    };
    const blocks = Array.from({ length: count }, (_, n) => block(n === count - 1));
    return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, window]), ...blocks]);
  }
  /** Blocks of lz4 of 4 MiB each, by their sizes. */
  function lz4Of(bytes: number): Buffer {
    const block = Buffer.alloc(4 + 20_000);
    block.writeUInt32LE(20_000);
    const count = Math.ceil(bytes / (4 * MEBIBYTE));
    return Buffer.concat([Buffer.from('04224d186070', 'hex'), Buffer.alloc(1), ...times(count, block)]);
  }
  function snappyOf(bytes: number): Buffer {
    const size = [];
    for (let rest = bytes; rest > 0; rest = Math.floor(rest / 128))
      size.push((rest % 128) | (rest > 127 ? 128 : 0));
    return Buffer.from([...size, 0]);
  }
  const bombs: Record<string, [number, Buffer]> = {
    gzip: [1, gzipSync(Buffer.alloc(MAX_BATCH_BYTES + 1))],
    snappy: [2, snappyOf(MAX_BATCH_BYTES + 1)],
    lz4: [3, lz4Of(MAX_BATCH_BYTES + 1)],
    zstd: [4, zstdOf(MAX_BATCH_BYTES + 1)],
    'zstd in one segment': [4, Buffer.from('28b52ffde0ffffffffff0f0000', 'hex')],
  };

  before(prepareDecompression);

  for (const [codec, [code, bomb]] of Object.entries(bombs))
    it(`becomes one message that says so (${codec}), and the next batch is read`, () => {
      assert.ok(bomb.length < MEBIBYTE);
      const next = batchOf(CODES.gzip, Buffer.from(COMPRESSED.gzip, 'base64'));
      const began = process.memoryUsage.rss();
      const [refused, readable] = read(batchOf(code, bomb), next);
      assert(refused && readable);
      assert.deepEqual(refused.records[0]?.value, bomb);
      assert.deepEqual(textsOf(readable), values);
      assert.ok(process.memoryUsage.rss() - began < 4 * MAX_BATCH_BYTES);
    });

  it('is read up to the limit, also by a Node without zstd', () => {
    assert.equal(unzstdInJavaScript(zstdOf(8 * MEBIBYTE)).length, 8 * MEBIBYTE);
    assert.throws(() => unzstdInJavaScript(zstdOf(MAX_BATCH_BYTES + 1)), RangeError);
    assert.equal(gunzip(gzipSync(Buffer.alloc(8 * MEBIBYTE))).length, 8 * MEBIBYTE);
    const lz4 = lz4Of(60 * MEBIBYTE);
    assert.equal(requireLz4Size(lz4), lz4);
    requireSnappySize(times(8, snappyOf(8 * MEBIBYTE)));
    assert.throws(() => {
      requireSnappySize(times(9, snappyOf(8 * MEBIBYTE)));
    }, RangeError);
  });
});

describe('a message of Kafka', () => {
  it('may have headers without a value, which librdkafka can send', () => {
    const headers = new Map<Buffer, Buffer | undefined>([
      [Buffer.from('trace'), undefined],
      [Buffer.from('type'), Buffer.from('order.place')],
    ]);
    const { type, body } = toInbound(message(headers as Map<Buffer, Buffer>, Buffer.from('{}')));
    assert.deepEqual([type, body.toString()], ['order.place', '{}']);
  });
});

const message = (headers: Map<Buffer, Buffer>, value: Buffer): KafkaMessage =>
  ({
    topic: 'checkout.commands',
    partition: 0,
    offset: 7n,
    key: Buffer.alloc(0),
    value,
    headers,
  }) as KafkaMessage;
