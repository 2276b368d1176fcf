import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, truncate } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

/** A journal longer than this many bytes is rewritten from the live state when it is opened. */
const COMPACT_BYTES = 64 * 1024 * 1024;

export interface JournalOptions<Entry> {
  /** The file; its folder is created. */
  readonly path: string;
  /** Called once per entry on file, oldest first, before `open` resolves. */
  readonly apply: (entry: Entry) => void;
  /** The live state as the shortest list of entries that rebuilds it; used to compact. */
  readonly snapshot: () => Iterable<Entry>;
  /** Told how many bytes of a half-written last line were dropped (never acknowledged, so nothing is lost). */
  readonly onTornLine: (bytes: number) => void;
  /** Bytes above which the journal is compacted when opened. Default 64 MiB. */
  readonly compactBytes?: number;
}

/**
 * Append-only JSON lines: the memory of a sandbox server.
 *
 * An entry is safe from `kill -9` once `append` has resolved: write(2) has handed it to the kernel. It is not safe from
 * a power cut (no fsync), which a sandbox need not survive. Appends that arrive while a write is under way share the next one.
 * After a failed write every later `append` and `settled` rejects: memory is then ahead of the file, and a provider
 * that answers from such memory would lie.
 */
export class Journal<Entry> {
  readonly #file: FileHandle;
  #lines: string[] = [];
  #scheduled: Promise<void> | undefined;
  #tail: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Reads what is there, then opens for appending. Throws on a damaged line that is not the torn last one. */
  static async open<Entry>(options: JournalOptions<Entry>): Promise<Journal<Entry>> {
    await mkdir(dirname(options.path), { recursive: true });
    const size = await load(options);
    if (size > (options.compactBytes ?? COMPACT_BYTES)) await compact(options);
    return new Journal<Entry>(await open(options.path, 'a'));
  }

  /** Resolves once the entry is written. Entries land in the order of the calls. */
  append(entry: Entry): Promise<void> {
    this.#lines.push(`${JSON.stringify(entry)}\n`);
    this.#scheduled ??= this.#schedule();
    return this.#scheduled;
  }

  /** Resolves once everything appended so far is written. Readers wait for it: they must not show what could still be lost. */
  settled(): Promise<void> {
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
    write.catch(() => undefined); // Whoever appended hears of it; this only keeps an unawaited append from ending the process.
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
      throw new Error(`${path}:${number} is damaged; move the file away to start with an empty ledger`, {
        cause,
      });
    }
    offset = end;
  }
  return offset;
}

async function compact<Entry>({ path, snapshot }: JournalOptions<Entry>): Promise<void> {
  const fresh = `${path}.compacting`;
  await rm(fresh, { force: true });
  const file = await open(fresh, 'a');
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
  await rename(fresh, path);
}
