import zlib from 'node:zlib';
import { Decompress } from 'fzstd';

/**
 * Bytes. The most that a batch may have when it is decompressed: a batch is held in memory as a whole. Kafka's default for a compressed
 * one is 1 MiB.
 */
export const MAX_BATCH_BYTES = 64 * 1024 * 1024;

/** @throws {RangeError} */
function requireSize(bytes: number): void {
  if (!(bytes <= MAX_BATCH_BYTES)) throw new RangeError(`A batch has more than ${MAX_BATCH_BYTES} bytes`);
}

/** @throws {Error} if the data is not valid, or too large when it is decompressed; the same goes for the functions below */
export const gunzip = (data: Buffer): Buffer => zlib.gunzipSync(data, { maxOutputLength: MAX_BATCH_BYTES });

/** Node has it from 22.15 on. */
const { zstdDecompressSync: unzstdOfNode } = zlib as { zstdDecompressSync?: typeof zlib.gunzipSync };

export const unzstd = (data: Buffer): Buffer =>
  unzstdOfNode === undefined
    ? unzstdInJavaScript(data)
    : unzstdOfNode(data, { maxOutputLength: MAX_BATCH_BYTES });

/** The same for a Node without zstd. */
export function unzstdInJavaScript(data: Buffer): Buffer {
  requireSize(zstdMemoryOf(data));
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const stream = new Decompress((chunk) => {
    bytes += chunk.length;
    requireSize(bytes);
    chunks.push(chunk.slice());
  });
  // In pieces, since the library decompresses all that it is given before it hands anything over.
  for (let at = 0; at < data.length; at += ZSTD_PIECE_BYTES)
    stream.push(data.subarray(at, at + ZSTD_PIECE_BYTES), at + ZSTD_PIECE_BYTES >= data.length);
  return Buffer.concat(chunks);
}

const ZSTD_PIECE_BYTES = 4_096;

/**
 * How many bytes of memory the first frame asks for: its window, or its content if that is one segment.
 * @see https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1.1
 */
function zstdMemoryOf(data: Buffer): number {
  const descriptor = data.readUInt8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  if (!isSingleSegment) {
    const window = data.readUInt8(5);
    return 2 ** (10 + (window >> 3)) * (1 + (window & 7) / 8);
  }
  const at = 5 + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  switch (descriptor >> 6) {
    case 0:
      return data.readUInt8(at);
    case 1:
      return data.readUInt16LE(at) + 256;
    case 2:
      return data.readUInt32LE(at);
    default:
      return Number(data.readBigUInt64LE(at));
  }
}

/**
 * Returns the frame of lz4 if it cannot be too large when it is decompressed: no byte of a block stands for more than 255.
 * @see https://github.com/lz4/lz4/blob/v1.10.0/doc/lz4_Frame_format.md
 */
export function requireLz4Size(data: Buffer): Buffer {
  const flags = data.readUInt8(4);
  const blockBytes = 2 ** (8 + 2 * ((data.readUInt8(5) >> 4) & 7));
  const [hasBlockChecksum, hasSize, hasDictionary] = [flags & 0x10, flags & 0x08, flags & 0x01];
  let bytes = 0;
  for (let at = 7 + (hasSize ? 8 : 0) + (hasDictionary ? 4 : 0); at + 4 <= data.length;) {
    const size = data.readUInt32LE(at) & 0x7fff_ffff;
    if (size === 0) break;
    bytes += Math.min(blockBytes, size * 255);
    requireSize(bytes);
    at += 4 + size + (hasBlockChecksum ? 4 : 0);
  }
  return data;
}

/**
 * Each block of snappy begins with its size when it is decompressed, in groups of seven bits.
 * @see https://github.com/google/snappy/blob/1.2.2/format_description.txt
 */
export function requireSnappySize(blocks: readonly Buffer[]): void {
  let bytes = 0;
  for (const block of blocks) {
    for (let at = 0; at < 5; at += 1) {
      const group = block.readUInt8(at);
      bytes += (group & 0x7f) * 2 ** (7 * at);
      if (group < 0x80) break;
    }
    requireSize(bytes);
  }
}
