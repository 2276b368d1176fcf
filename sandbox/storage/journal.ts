import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, truncate } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

/** A journal that is longer than this is compacted when it is opened. */
const COMPACT_BYTES = 64 * 1024 * 1024;

export interface JournalOptions<Entry> {
  /** The path of the file; its folder is created if it is missing. */
  readonly path: string;
  /** Called for each entry in the file, oldest first, before `open` resolves. */
  readonly apply: (entry: Entry) => void;
  /** Returns the shortest list of entries that rebuilds the current state; used to compact the journal. */
  readonly snapshot: () => Iterable<Entry>;
  /** Called with the number of bytes of an incomplete last line that was removed. It was never acknowledged, so nothing is lost. */
  readonly onTornLine: (bytes: number) => void;
  /** A journal with more bytes is compacted when it is opened. Default 64 MiB. */
  readonly compactBytes?: number;
}

/**
 * An append-only file of JSON lines, which stores the state of a sandbox server.
 *
 * An entry survives `kill -9` once `append` has resolved, because write(2) has passed it to the kernel. It may not survive a power
 * failure (there is no fsync), which a sandbox does not need. Entries that are appended during a write share the next write. After a
 * failed write every later `append` and `flushed` rejects: the state in memory is then ahead of the file, so responses that are based
 * on it could be wrong after a restart.
 */
export class Journal<Entry> {
  readonly #file: FileHandle;
  #lines: string[] = [];
  #scheduled: Promise<void> | undefined;
  #tail: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /**
   * Reads the file, then opens it for appending.
   *
   * @throws {Error} if a line other than an incomplete last one is damaged
   */
  static async open<Entry>(options: JournalOptions<Entry>): Promise<Journal<Entry>> {
    await mkdir(dirname(options.path), { recursive: true });
    const size = await load(options);
    if (size > (options.compactBytes ?? COMPACT_BYTES)) await compact(options);
    return new Journal<Entry>(await open(options.path, 'a'));
  }

  /** Resolves when the entry is written. Entries are written in the order of the calls. */
  append(entry: Entry): Promise<void> {
    this.#lines.push(`${JSON.stringify(entry)}\n`);
    this.#scheduled ??= this.#schedule();
    return this.#scheduled;
  }

  /** Resolves when all entries appended so far are written. Reads wait for it, so that they never return what could still be lost. */
  flushed(): Promise<void> {
    return this.#tail;
  }

  async close(): Promise<void> {
    await this.#tail.catch(() => undefined);
    await this.#file.close();
  }

  #schedule(): Promise<void> {
    const write = this.#tail.then(async () => {
      this.#scheduled = undefined;
      const batch = this.#lines.join('');
      this.#lines = [];
      await this.#file.appendFile(batch);
    });
    write.catch(() => undefined); // The callers of `append` receive the error; this prevents an unhandled rejection.
    this.#tail = write;
    return write;
  }
}

async function load<Entry>({ path, apply, onTornLine }: JournalOptions<Entry>): Promise<number> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size === 0) return 0;
  let offset = 0;
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    number += 1;
    const end = offset + Buffer.byteLength(line) + 1;
    if (end > size) {
      onTornLine(size - offset);
      await truncate(path, offset);
      return offset;
    }
    try {
      apply(JSON.parse(line) as Entry);
    } catch (cause) {
      throw new Error(`${path}:${number} is damaged. Move the file away to start without its data.`, {
        cause,
      });
    }
    offset = end;
  }
  return offset;
}

async function compact<Entry>({ path, snapshot }: JournalOptions<Entry>): Promise<void> {
  const compacted = `${path}.compacting`;
  await rm(compacted, { force: true });
  const file = await open(compacted, 'a');
  try {
    let lines: string[] = [];
    for (const entry of snapshot()) {
      if (lines.push(`${JSON.stringify(entry)}\n`) < 1000) continue;
      await file.appendFile(lines.join(''));
      lines = [];
    }
    await file.appendFile(lines.join(''));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(compacted, path);
}
