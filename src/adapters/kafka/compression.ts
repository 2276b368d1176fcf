import { DynamicBuffer } from '@platformatic/dynamic-buffer';
import { compressionsAlgorithms, createRecord } from '@platformatic/kafka';
import { UNREADABLE_BATCH_TYPE } from '../../contracts/ports/broker.ts';
import { gunzip, requireLz4Size, requireSnappySize, unzstd } from './bounded-decompression.ts';

type Decompress = (data: Buffer | DynamicBuffer) => Buffer;

/** Snappy as the Java client sends it: this header, two numbers of its version, and blocks with their lengths before them. */
const SNAPPY_BLOCKS = Buffer.from('\x82SNAPPY\0', 'latin1');
const SNAPPY_BLOCKS_START = SNAPPY_BLOCKS.length + 8;

let isPrepared = false;

/**
 * Lets Kafka's client read what it cannot read itself: zstd before Node 22.15, and snappy of the Java client. A batch that cannot be
 * decompressed would end the membership in the group, again and again, so that no partition was read any more; one of a few kilobytes
 * that decompresses to gigabytes would end the process. Either becomes a message that says so, see {@link UNREADABLE_BATCH_TYPE}.
 * Safe to call twice.
 */
export function prepareDecompression(): void {
  if (isPrepared) return;
  isPrepared = true;
  const { gzip, snappy, lz4, zstd } = compressionsAlgorithms;
  const [lz4Frame, snappyBlock] = [lz4.decompressSync, snappy.decompressSync];
  const decompressors: [object, Decompress][] = [
    [gzip, (data) => gunzip(bytesOf(data))],
    [lz4, (data) => lz4Frame(requireLz4Size(bytesOf(data)))],
    [snappy, (data) => decompressSnappy(bytesOf(data), snappyBlock)],
    [zstd, (data) => unzstd(bytesOf(data))],
  ];
  for (const [algorithm, decompress] of decompressors)
    Object.assign(algorithm, { decompressSync: orUnreadable(decompress) });
}

function decompressSnappy(data: Buffer, decompressBlock: Decompress): Buffer {
  const blocks = snappyBlocksOf(data);
  requireSnappySize(blocks);
  return Buffer.concat(blocks.map((block) => decompressBlock(block)));
}

function snappyBlocksOf(data: Buffer): Buffer[] {
  if (!data.subarray(0, SNAPPY_BLOCKS.length).equals(SNAPPY_BLOCKS)) return [data];
  const blocks: Buffer[] = [];
  for (let at = SNAPPY_BLOCKS_START; at < data.length;) {
    const start = at + 4;
    at = start + data.readInt32BE(at);
    if (at < start || at > data.length) throw new RangeError('A block of snappy has a wrong length');
    blocks.push(data.subarray(start, at));
  }
  return blocks;
}

const orUnreadable =
  (decompress: Decompress): Decompress =>
  (data) => {
    try {
      return decompress(data);
    } catch {
      return unreadable(bytesOf(data)) as unknown as Buffer;
    }
  };

/**
 * What is read instead of the messages of a batch: a message with the bytes of the batch. The client reads as many messages as the batch
 * has, all at the offset of the first one, so that the intake receives one and ignores the others as duplicates.
 */
function unreadable(batch: Buffer): RepeatedRecord {
  const headers = new Map([[Buffer.from('content-type'), Buffer.from(UNREADABLE_BATCH_TYPE)]]);
  const { dynamicBuffer } = createRecord({ topic: '', value: batch, headers, timestamp: 0n }, 0, 0n);
  return new RepeatedRecord(dynamicBuffer.buffer);
}

/** One record that can be read any number of times, one after the other. */
class RepeatedRecord extends DynamicBuffer {
  override readInt8(offset = 0): number {
    return super.readInt8(offset % this.length);
  }

  override readVarInt(offset: number): [number, number] {
    return super.readVarInt(offset % this.length);
  }

  override readVarInt64(offset: number): [bigint, number] {
    return super.readVarInt64(offset % this.length);
  }

  override slice(start = 0, end = this.length): Buffer {
    const first = start % this.length;
    return super.slice(first, first + end - start);
  }
}

const bytesOf = (data: Buffer | DynamicBuffer): Buffer => (Buffer.isBuffer(data) ? data : data.buffer);
